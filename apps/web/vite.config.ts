import path from 'node:path'
import { quasar, transformAssetUrls } from '@quasar/vite-plugin'
import vue from '@vitejs/plugin-vue'
import { defineConfig, loadEnv } from 'vite'
import { budget } from './vite/budget.ts'

const root = import.meta.dirname

export default defineConfig(({ mode }) => {
  const { DEV_SERVER_URL: server = 'http://127.0.0.1:3000' } = loadEnv(mode, root, 'DEV_')
  return {
    root,
    plugins: [
      vue({ template: { transformAssetUrls } }),
      quasar({ sassVariables: path.join(root, 'src/styles/quasar-variables.sass') }),
      budget([
        {
          name: 'resident home',
          limitKb: 200,
          modules: ['src/shells/ResidentShell.vue', 'src/features/homes/HomesPage.vue', 'src/i18n/locales/ru.ts'],
        },
        {
          name: 'staff panel',
          limitKb: 250,
          modules: [
            'src/shells/StaffShell.vue',
            'src/features/dashboard/DashboardPage.vue',
            'src/i18n/locales/ru.ts',
            'src/i18n/locales/ru-staff.ts',
          ],
        },
      ]),
    ],
    define: {
      __VUE_OPTIONS_API__: true,
      __VUE_I18N_FULL_INSTALL__: false,
      __VUE_I18N_LEGACY_API__: false,
      __INTLIFY_PROD_DEVTOOLS__: false,
    },
    build: {
      target: 'es2022',
      manifest: true,
      sourcemap: false,
      // Everything is a file of its own: the content security policy has no `data:`.
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        output: {
          // Few requests instead of a file for every small component; what one page alone uses stays with it.
          codeSplitting: {
            groups: [
              // Several pages draw a QR code, and no first load does.
              { name: 'framework', test: /node_modules\/(?!(?:.*\/)?uqr\/)/, minShareCount: 3 },
              { name: 'base', test: /src\/(?:ui\/(?!QrCode)|shells\/|i18n\/)/, minShareCount: 4 },
            ],
          },
        },
      },
    },
    server: {
      host: '127.0.0.1',
      proxy: Object.fromEntries(['/trpc', '/api', '/health', '/dev'].map((prefix) => [prefix, { target: server }])),
    },
  }
})
