/**
 * Letters of 5 by 7 pixels, from blank to tilde: a character per row, in base 32, whose five bits are the pixels from left to right.
 * Drawn for this console.
 */
const rows = [
  '00000004444404aaa0000aavavaa4fke5u4pp248jjcik8lid44800002488842842224804lel40044v4400000c48000v00000000cc11248gg',
  'ehjlphe4c4444eeh1248vv2421he26aiv22vgu11he68guhhev124888ehhehheehhf12c0cc0cc00cc0c48248g84200v0v008421248eh12404',
  'eh1dlleehhvhhhuhhuhhuehggghesihhhisvgguggvvggugggehgnhhfhhhvhhhe44444e72222ichikokihggggggvhrllhhhhhpljhhehhhhhe',
  'uhhugggehhhliduhhukihfgge11uv444444hhhhhhehhhhha4hhhllrhhha4ahhhha4444v1248gve88888egg84211e22222e4ah0000000000v',
  '840000000e1fhfgguhhhu00fgggf11fhhhf00ehvge698s88800fhf1egguhhhh40c444e20622icggikokic44444e00qllll00uhhhh00ehhhe',
  '00uhugg00fhf1100mpggg00fge1u88s889600hhhhf00hhha400hllla00ha4ah00hhf1e00v248v64484464444444c44244c008l200',
].join('')

export const letterWidth = 6
export const lineHeight = 10

/** The pixels of a letter's row, bit 4 leftmost; what is not in the font is a question mark. */
export function letterRow(letter: string, row: number): number {
  const code = letter.charCodeAt(0)
  const place = code >= 32 && code < 127 ? code - 32 : 31
  return Number.parseInt(rows[place * 7 + row] ?? '0', 32)
}
