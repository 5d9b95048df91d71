import { preferences, themeOnScreen } from '../lib/preferences.ts'

export function turnTheme(): void {
  preferences.theme = themeOnScreen() === 'dark' ? 'light' : 'dark'
}
