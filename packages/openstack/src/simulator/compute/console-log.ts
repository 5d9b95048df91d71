import { seededRandom } from '@straylight/kit'
import type { World } from '../world.ts'
import { portsOf, type Server } from './server.ts'

interface Line {
  /** Seconds after the machine was switched on. */
  at: number
  text: string
}

/** What a guest writes on its serial console: a boot, line by line, then a word now and then. The same server writes the same. */
export function consoleLog(world: World, server: Server): string {
  const lines: string[] = []
  for (const [i, boot] of server.boots.entries()) {
    const next = server.boots[i + 1]
    // A frozen or switched off guest writes nothing more.
    const endMs = next?.atMs ?? (server.powerState === 1 ? world.nowMs : server.updatedMs)
    const seconds = (endMs - boot.atMs) / 1000
    if (boot.kind === 'shutdown') lines.push(...shutdown)
    else
      lines.push(
        ...[...bootLines(world, server), ...idleLines(server, seconds)]
          .filter((line) => line.at <= seconds)
          .map((line) => line.text),
      )
  }
  return `${lines.join('\n')}\n`
}

const stamp = (at: number): string => `[${at.toFixed(6).padStart(12)}]`

function bootLines(world: World, server: Server): Line[] {
  const jitter = seededRandom(server.number)
  const { vcpus, ramMib } = server.flavor
  const release = releaseOf(world, server)
  const lines: Line[] = []
  let at = 0
  const say = (text: string, pause = 0.02) => {
    at += pause * (0.5 + jitter())
    lines.push({ at: at + 1, text })
  }
  const kernel = (text: string, pause?: number) => {
    say('', pause)
    lines[lines.length - 1] = { at: at + 1, text: `${stamp(at)} ${text}` }
  }
  const unit = (text: string, pause = 0.1) => say(`[  OK  ] ${text}`, pause)
  say('SeaBIOS (version 1.16.2-debian-1.16.2-1)', 0)
  say('Booting from Hard Disk...')
  say('GRUB loading.')
  say('Welcome to GRUB!')
  say(`Loading Linux ${release.kernel} ...`, 0.3)
  say('Loading initial ramdisk ...', 0.3)
  kernel(`Linux version ${release.kernel} (build@cloud) #1 SMP PREEMPT_DYNAMIC`, 0)
  kernel(`Command line: BOOT_IMAGE=/boot/vmlinuz-${release.kernel} root=/dev/vda1 ro console=tty0 console=ttyS0,115200n8`)
  kernel('Hypervisor detected: KVM')
  kernel(`Memory: ${Math.round(ramMib * 1024 * 0.93)}K/${ramMib * 1024}K available`)
  kernel(`smpboot: Allowing ${vcpus} CPUs, 0 hotplug CPUs`)
  kernel(`smp: Brought up 1 node, ${vcpus} CPU${vcpus === 1 ? '' : 's'}`, 0.1)
  kernel('PCI: Using configuration type 1 for base access')
  kernel('clocksource: Switched to clocksource kvm-clock', 0.15)
  kernel('virtio_blk virtio2: 1/0/0 default/read/poll queues', 0.2)
  for (const device of devicesOf(world, server))
    kernel(
      `virtio_blk: [${device.name}] ${device.gib * 2_097_152} 512-byte logical blocks (${(device.gib * 1.073741824).toFixed(2)} GB/${device.gib}.00 GiB)`,
    )
  kernel('EXT4-fs (vda1): mounted filesystem with ordered data mode', 0.3)
  kernel('systemd[1]: Detected virtualization kvm.', 0.3)
  kernel(`systemd[1]: Hostname set to <${server.hostname}>.`)
  say('')
  say(`Welcome to ${release.name}!`)
  say('')
  unit('Reached target local-fs.target - Local File Systems.', 0.4)
  unit('Started systemd-udevd.service - Rule-based Manager for Device Events and Files.')
  unit('Finished systemd-journal-flush.service - Flush Journal to Persistent Storage.')
  unit('Started systemd-networkd.service - Network Configuration.', 0.3)
  for (const card of cardsOf(world, server))
    say(`[   ${(at + 1).toFixed(3)}] cloud-init[402]: ci-info: | ${card.name} | True | ${card.ip} | ${card.mac} |`, 0.4)
  if (server.keyName !== null)
    say(
      `[   ${(at + 1).toFixed(3)}] cloud-init[402]: ci-info: Authorized keys from /root/.ssh/authorized_keys: 1 (${server.keyName})`,
      0.5,
    )
  if (server.userData !== null) say(`[   ${(at + 1).toFixed(3)}] cloud-init[461]: Running user data script`, 0.5)
  unit('Started ssh.service - OpenBSD Secure Shell server.', 0.5)
  unit('Reached target multi-user.target - Multi-User System.', 0.2)
  say(
    `[   ${(at + 1).toFixed(3)}] cloud-init[512]: Cloud-init finished. Datasource DataSourceOpenStackLocal [net,ver=2].  Up ${(at + 1).toFixed(2)} seconds`,
    0.5,
  )
  say('')
  say(`${release.name} ${server.hostname} ttyS0`)
  say('')
  say(`${server.hostname} login: `)
  return lines
}

/** A little life after the boot: about one line in two minutes, for the last hour. */
function idleLines(server: Server, seconds: number): Line[] {
  const first = Math.max(1, Math.floor(seconds / 120) - 30)
  const lines: Line[] = []
  for (let tick = first; tick * 120 <= seconds; tick++) {
    const draw = seededRandom(server.number * 7919 + tick)()
    const at = tick * 120 + draw * 60
    lines.push({ at, text: `${stamp(at)} ${idle[Math.floor(draw * idle.length)]}` })
  }
  return lines
}

const idle = [
  'systemd[1]: Starting apt-daily.service - Daily apt download activities...',
  'systemd[1]: Finished logrotate.service - Rotate log files.',
  'chronyd[391]: Selected source 169.254.169.123',
  'systemd[1]: Started session-4.scope - Session 4 of User root.',
  'kernel: perf: interrupt took too long (2514 > 2500), lowering kernel.perf_event_max_sample_rate to 79500',
]

const shutdown = [
  '[  OK  ] Stopped target multi-user.target - Multi-User System.',
  '[  OK  ] Stopped ssh.service - OpenBSD Secure Shell server.',
  '[  OK  ] Reached target umount.target - Unmount All Filesystems.',
  '[  OK  ] Reached target poweroff.target - System Power Off.',
  'reboot: Power down',
]

function devicesOf(world: World, server: Server): { name: string; gib: number }[] {
  const disks = server.disks.flatMap((disk) => {
    const volume = world.volumes.get(disk.volumeId ?? '')
    return volume ? [{ name: disk.device.replace('/dev/', ''), gib: volume.sizeGib }] : []
  })
  return disks.some((disk) => disk.name === 'vda') ? disks : [{ name: 'vda', gib: server.flavor.diskGib }, ...disks]
}

const cardsOf = (world: World, server: Server): { name: string; ip: string; mac: string }[] =>
  portsOf(world, server).map((port, i) => ({ name: `eth${i}`, ip: port.fixedIps[0]?.ip_address ?? '-', mac: port.mac }))

const kernels: Record<string, string> = {
  debian: '6.12.57+deb13-cloud-amd64',
  ubuntu: '6.8.0-88-generic',
  fedora: '6.17.8-300.fc43.x86_64',
  rocky: '6.12.0-124.8.1.el10_1.x86_64',
}

/** The system that its image, or its volume's image, says it is. */
export function releaseOf(world: World, server: Server): { name: string; kernel: string } {
  const root = server.disks.find((disk) => disk.bootIndex === 0)
  const volume = world.volumes.get(root?.volumeId ?? '')
  const properties = volume?.imageMetadata ?? world.images.get(server.imageId ?? '')?.properties ?? {}
  const distro = properties.os_distro ?? 'linux'
  const title = { debian: 'Debian GNU/Linux', ubuntu: 'Ubuntu', fedora: 'Fedora Linux', rocky: 'Rocky Linux' }[distro] ?? 'Linux'
  return { name: `${title} ${properties.os_version ?? ''}`.trim(), kernel: kernels[distro] ?? '6.1.0-cloud-amd64' }
}
