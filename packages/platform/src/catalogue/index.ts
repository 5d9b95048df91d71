export { imageById, imageRoutes, type ImageRow, imagesByIds, operationSystem, syncImages } from './images.ts'
export { ramRange, sizeDependencies } from './sizes.ts'
