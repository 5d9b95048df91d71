export { deleteAddress, releaseAddress } from './delete.ts'
export { addressRoutes } from './routes.ts'
export { type AddressRow, addressesOfServer, addressesOfServers, insertAddresses, updateAddress } from './store.ts'
