import { removeFolder, rssMib, startPlatform } from './platform.ts'

/** From `npm start` to a usable page: the first time on an empty data folder (dependencies installed, web app built), and the next times. */
const first = await startPlatform()
const page = performance.now()
await (await fetch(first.url, { headers: { accept: 'text/html' } })).text()
console.log(
  `first start, with two weeks of demo history: ${first.secondsToReady.toFixed(1)} s; the page answers in ${(performance.now() - page).toFixed(0)} ms`,
)
await new Promise((resolve) => setTimeout(resolve, 10_000))
console.log(`RSS idle: platform with its three simulators ${rssMib(first.pids.platform)} MiB`)
await first.stop()
const again: number[] = []
for (let n = 0; n < 3; n++) {
  const next = await startPlatform(first.folder)
  again.push(next.secondsToReady)
  await next.stop()
}
console.log(`next starts: ${again.map((seconds) => seconds.toFixed(1)).join(', ')} s`)
removeFolder(first.folder)
