import { defineConfig, mergeConfig } from 'vitest/config'
import viteConfig from './vite.config.ts'

export default defineConfig((env) =>
  mergeConfig(viteConfig(env), {
    test: {
      name: 'web',
      environment: 'happy-dom',
      include: ['src/**/*.test.ts', 'vite/**/*.test.ts'],
      setupFiles: ['test/setup.ts'],
    },
  }),
)
