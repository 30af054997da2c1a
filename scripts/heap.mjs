/**
 * Heap of a server process, in MB. Left alone, V8 takes what the machine has: here 128 MB of young generation, and
 * hundreds of garbage before it collects the old one, of which 40 are alive.
 */
export const SERVER_HEAP = ['--max-semi-space-size=16', '--max-old-space-size=512']
