import { config } from '@vue/test-utils'
import { Quasar } from 'quasar'

// Quasar reads it while it installs; happy-dom has none.
Object.defineProperty(window.screen, 'orientation', { value: { type: 'portrait-primary' }, configurable: true })

config.global.plugins.push([Quasar, {}])
