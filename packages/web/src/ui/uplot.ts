import 'uplot/dist/uPlot.min.css'

// Alone in its chunk: 23 kB that only pages with measurements load.
export { default } from 'uplot'
