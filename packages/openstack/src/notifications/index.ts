export { decodeNotification } from './decode.ts'
export type { Notification, Subject, SubjectKind } from './notification.ts'
export type { ReceivedNotification } from './inbox.ts'
export { type SubscribeOptions, type Subscription, subscribe } from './subscribe.ts'
