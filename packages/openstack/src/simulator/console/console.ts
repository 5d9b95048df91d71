import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SimResponse } from '@straylight/kit/simulator'
import { consoleLog } from '../compute/console-log.ts'
import type { Server } from '../compute/server.ts'
import type { World } from '../world.ts'
import { serveRfb } from './rfb.ts'
import { screenOf } from './screen.ts'
import { acceptWebSocket } from './websocket.ts'

const pictureEveryMs = 500

/** The server whose screen a token shows, while the token lasts. */
function serverOf(world: World, token: string): Server | undefined {
  const found = world.consoleTokens.get(token)
  if (!found || found.expiresMs <= world.nowMs) return undefined
  const server = world.servers.get(found.serverId)
  return server?.deleted ? undefined : server
}

/** `?token=…` of the path, or `path=?token=…` as noVNC's own page passes it on. */
function tokenOf(url: URL): string {
  const direct = url.searchParams.get('token')
  if (direct !== null) return direct
  const inner = url.searchParams.get('path') ?? ''
  return new URLSearchParams(inner.slice(inner.indexOf('?') + 1)).get('token') ?? ''
}

/**
 * Answers web sockets that ask for a screen: RFB, as the proxy of noVNC speaks it.
 * What people type is kept by server; a screen forgets it when the simulator ends.
 */
export function serveScreens(world: World): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const typed = new Map<string, string>()
  return (request, socket, head) => {
    const server = serverOf(world, tokenOf(new URL(request.url ?? '/', world.url)))
    if (!server) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
      return
    }
    const { id } = server
    const picture = () => {
      const now = world.servers.get(id)
      const isRunning = now?.powerState === 1 && !now.deleted
      const text = now && isRunning ? `${consoleLog(world, now).replace(/\n$/, '')}${typed.get(id) ?? ''}\n` : ''
      return screenOf(text, isRunning)
    }
    acceptWebSocket(request, socket, head, (bytes) =>
      serveRfb(bytes, {
        name: `QEMU (${server.name})`,
        picture,
        onKey: (keysym) => typed.set(id, press(typed.get(id) ?? '', keysym, server.hostname)),
        watch: (tick) => {
          const timer = setInterval(tick, pictureEveryMs)
          return () => clearInterval(timer)
        },
      }),
    )
  }
}

const enter = 0xff0d
const backspace = 0xff08

/** Keys appear as on a console; after a name the console asks for a password that is never right. */
function press(before: string, keysym: number, hostname: string): string {
  if (keysym === enter) {
    const asksPassword = before.slice(before.lastIndexOf('\n') + 1).startsWith('Password:')
    return asksPassword ? `${before}\n\nLogin incorrect\n${hostname} login: `.slice(-2000) : `${before}\nPassword: `
  }
  if (keysym === backspace) return /[^\n]$/.test(before) && !before.endsWith('Password: ') ? before.slice(0, -1) : before
  const isHidden = before.slice(before.lastIndexOf('\n') + 1).startsWith('Password:')
  return keysym >= 32 && keysym < 127 && !isHidden ? before + String.fromCharCode(keysym) : before
}

/** A page for people who open the address of a console in a browser: a viewer of a screenful of code. */
export function consolePage(path: string): SimResponse {
  if (path !== '/console/vnc_auto.html') return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found\n' }
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: page }
}

const page = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Console</title>
<style>html,body{margin:0;height:100%;background:#222}canvas{display:block;margin:auto;padding-top:2rem;outline:none}</style>
<canvas id="view" tabindex="0" width="640" height="400"></canvas>
<script>
const query = new URLSearchParams(location.search)
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/' + (query.get('path') ?? ''), 'binary')
socket.binaryType = 'arraybuffer'
let bytes = new Uint8Array(0)
let stage = 0
const say = (...numbers) => socket.send(new Uint8Array(numbers))
const ask = (again) => say(3, again, 0, 0, 0, 0, view.width >> 8, view.width & 255, view.height >> 8, view.height & 255)
const take = (count) => { const taken = bytes.slice(0, count); bytes = bytes.slice(count); return taken }
socket.onmessage = ({ data }) => {
  const joined = new Uint8Array(bytes.length + data.byteLength)
  joined.set(bytes); joined.set(new Uint8Array(data), bytes.length); bytes = joined
  for (;;) {
    if (stage === 0 && bytes.length >= 12) { socket.send(take(12)); stage = 1 }
    else if (stage === 1 && bytes.length >= 2) { take(2); say(1); stage = 2 }
    else if (stage === 2 && bytes.length >= 4) { take(4); say(1); stage = 3 }
    else if (stage === 3 && bytes.length >= 24) { const name = take(24)[23]; take(name); stage = 4; ask(0) }
    else if (stage === 4 && bytes.length >= 16 + view.width * view.height * 4) {
      take(16)
      const raw = take(view.width * view.height * 4)
      const image = new ImageData(view.width, view.height)
      for (let i = 0; i < raw.length; i += 4) { image.data[i] = raw[i + 2]; image.data[i + 1] = raw[i + 1]; image.data[i + 2] = raw[i]; image.data[i + 3] = 255 }
      view.getContext('2d').putImageData(image, 0, 0)
      ask(1)
    } else break
  }
}
view.focus()
view.onkeydown = (event) => {
  const key = { Enter: 0xff0d, Backspace: 0xff08 }[event.key] ?? (event.key.length === 1 ? event.key.charCodeAt(0) : 0)
  if (key && stage === 4) { say(4, 1, 0, 0, 0, 0, key >> 8, key & 255); event.preventDefault() }
}
</script></html>`
