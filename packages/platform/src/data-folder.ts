import { statSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'

/**
 * Takes the data folder for this process alone: two platforms on one folder would share an embedded database and the files of the simulators,
 * and the first one that ends would end both. It is held as a socket in the kernel's abstract namespace, which two cannot have at once and which is free
 * again the moment its process is gone, however it ended; a lock file would be left behind. https://man7.org/linux/man-pages/man7/unix.7.html
 * @returns the process that has it already, else nothing: it is ours until this process ends
 */
export async function takeFolder(folder: string): Promise<{ heldBy: number } | undefined> {
  const { dev, ino } = statSync(folder)
  const name = `\0straylight-data-${dev}-${ino}`
  const server = createServer((socket) => socket.on('error', () => {}).end(String(process.pid)))
  if (await listens(server, name)) {
    server.unref()
    return undefined
  }
  return { heldBy: await pidAt(name) }
}

const listens = (server: Server, name: string) =>
  new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)))
    server.listen(name, () => resolve(true))
  })

/** @returns 0 when it does not say */
const pidAt = (name: string) =>
  new Promise<number>((resolve) => {
    let said = ''
    const socket = connect(name)
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', (chunk) => (said += String(chunk)))
    socket.on('error', () => {})
    socket.once('close', () => resolve(Number(said) || 0))
  })
