/** How often projects are compared with Keystone's, ms. `keystone_resync_interval_secs` */
export const resyncEveryMs = 60_000

/** How long a validated token is believed without asking Keystone again, ms. `token_cache_time` of keystonemiddleware */
export const tokenCacheMs = 300_000

/** How often the change feed gives a sign of life, ms. `watch_keepalive_interval` */
export const keepAliveMs = 60_000

/** How often agents report counters, ms. https://github.com/tungstenfabric/tf-controller/blob/6a67439/src/vnsw/agent/init/agent_param.h (`agent_stats_interval`) */
export const reportEveryMs = 30_000
