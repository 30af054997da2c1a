export { probeRouter as appRouter } from './router.ts'
