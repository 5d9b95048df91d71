import { catalogue } from '../catalogue.ts'

export default catalogue({
  title: 'Images',
  lead: 'Systems that a server can be made from; they are free',
  search: 'Name or system',
  name: 'Name',
  system: 'System',
  minDisk: 'Disk from, {unit}',
  minRam: 'Memory from, {unit}',
  create: 'Create server',
  count: '{count, plural, one {# image} other {# images}}',
  emptyTitle: 'No images',
  emptyText: 'An image is a system that a server is made from. An operator adds them.',
  nothingFound: 'No image fits this search',
})
