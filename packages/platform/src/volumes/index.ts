export { deleteVolume, removeVolumes } from './delete.ts'
export { volumeRoutes } from './routes.ts'
export { updateVolume, type VolumeRow, volumesOfServer } from './store.ts'
