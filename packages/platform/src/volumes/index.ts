export { deleteVolume, removeVolumes } from './delete.ts'
export { volumeRoutes } from './routes.ts'
export { updateVolume, type VolumeRow, volumeById, volumesOfServer, volumesOfServers, insertVolumes } from './store.ts'
