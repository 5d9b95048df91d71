import type english from '../en/index.ts'
import account from './account.ts'
import addresses from './addresses.ts'
import billing from './billing.ts'
import common from './common.ts'
import create from './create.ts'
import dashboard from './dashboard.ts'
import doors from './doors.ts'
import images from './images.ts'
import keys from './keys.ts'
import nav from './nav.ts'
import operator from './operator.ts'
import problems from './problems.ts'
import server from './server.ts'
import servers from './servers.ts'
import states from './states.ts'
import tasks from './tasks.ts'
import ui from './ui.ts'
import volumes from './volumes.ts'

export default {
  account,
  addresses,
  billing,
  common,
  create,
  dashboard,
  doors,
  images,
  keys,
  nav,
  operator,
  problems,
  server,
  servers,
  states,
  tasks,
  ui,
  volumes,
} satisfies Record<keyof typeof english, Record<string, string>>
