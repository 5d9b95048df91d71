import type { Send } from '@straylight/kit'
import { AnalyticsApi } from './analytics/api.ts'
import { ConfigApi } from './config/api.ts'

export interface TungstenOptions {
  /** `http://host:8082`. */
  configUrl: string
  /** `http://host:8081`. */
  analyticsUrl: string
  /** See `ConnectionOptions.token`: an account of our own, never the Neutron plugin's. */
  token: () => Promise<string>
  send?: Send
  timeoutMs?: number
}

export interface Tungsten {
  config: ConfigApi
  analytics: AnalyticsApi
}

/** Both APIs of one Tungsten Fabric or OpenSDN system, with the same token. */
export function connectTungsten({ configUrl, analyticsUrl, ...rest }: TungstenOptions): Tungsten {
  return { config: new ConfigApi({ url: configUrl, ...rest }), analytics: new AnalyticsApi({ url: analyticsUrl, ...rest }) }
}
