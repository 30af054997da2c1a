import './styles/tokens.css'
import './styles/fonts.css'
import './styles/quasar.sass'
import './styles/base.css'
import './styles/quasar-look.css'
import './styles/forms.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { Quasar } from 'quasar'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, startLocale } from './i18n/i18n.ts'
import { router } from './router.ts'
import { queryClient, startSession } from './session.ts'
import { startTheme } from './theme.ts'
import { startTitle } from './title.ts'

const app = createApp(App).use(Quasar, {}).use(VueQueryPlugin, { queryClient }).use(i18n).use(router)
startTheme()
const session = startSession()
await startLocale()
app.mount('#app')
startTitle()
await session
