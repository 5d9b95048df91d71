export { deleteAddress, releaseAddress } from './delete.ts'
export { addressRoutes } from './routes.ts'
export { type AddressRow, addressesOfServer, updateAddress } from './store.ts'
