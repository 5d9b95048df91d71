export { AnalyticsApi, decodeUve, matching, type StatQuery, type StructFilter, type Uve } from './analytics/api.ts'
export { decodeNode, type NodeHealth, type NodeRole, nodeRoles, readNodes } from './analytics/nodes.ts'
export {
  type Counters,
  decodeReading,
  type InterfaceReading,
  meterTraffic,
  readTraffic,
  type TrafficState,
  type TrafficUsage,
} from './analytics/traffic.ts'
export { connectTungsten, type Tungsten, type TungstenOptions } from './client.ts'
export { type CollectionUpdate, ConfigApi, type Created, type Listed, type Sharing } from './config/api.ts'
export { type Change, changeOf, changes, type FeedOptions } from './config/changes.ts'
export { type FilterValue, type ListQuery, listParameters } from './config/list.ts'
export {
  type Changes,
  type Draft,
  decodeResource,
  type Resource,
  type ResourceType,
  resourceShapes,
} from './config/resources/index.ts'
export type { Link, Reference, ReferenceDraft } from './config/resources/resource.ts'
export { EventStreamReader, type ServerSentEvent } from './config/server-sent-events.ts'
export { addSubnet, defaultIpam, removeSubnet, type Subnet, subnetsOf } from './config/subnets.ts'
export { Connection, type ConnectionOptions } from './connection.ts'
export { classify, type Refusal } from './errors.ts'
export { dashed, dashless, type FqName } from './ids.ts'
export {
  builtKernels,
  documentedKernels,
  type KernelSupport,
  type KernelVerdict,
  kernelSupport,
  sourceRanges,
} from './vrouter/kernels.ts'
export {
  clampedMss,
  type Encapsulation,
  encapsulations,
  fabricMtuFor,
  innerMtu,
  mtuOption,
  safeGuestMtu,
  tunnelOverhead,
} from './vrouter/mtu.ts'
