import { ref } from 'vue'
import { reasonOf } from '../../errors.ts'
import { formatNumber } from '../../i18n/format.ts'
import { t } from '../../i18n/i18n.ts'
import { confirm } from '../../ui/confirm.ts'
import { notifyError } from '../../ui/toasts.ts'
import { cancelImport, downloadRefused, startImport, undoImport, type ImportDetail } from './queries.ts'

type Step = 'start' | 'cancel' | 'undo' | 'download'

/** What can be done with an import, one thing at a time. */
export const useImportActions = () => {
  const busy = ref<Step | null>(null)

  const during = async (step: Step, work: () => Promise<unknown>) => {
    if (busy.value) return
    busy.value = step
    try {
      await work()
    } catch (error) {
      notifyError(reasonOf(error))
    } finally {
      busy.value = null
    }
  }

  const start = ({ id }: ImportDetail) => during('start', () => startImport({ id }))

  const cancel = async ({ id, status, fileName }: ImportDetail) => {
    const isRunning = status === 'running'
    const question = {
      title: t('imports.cancelTitle', { name: fileName }),
      text: t(isRunning ? 'imports.cancelRunning' : 'imports.cancelText'),
      action: t('imports.cancel'),
    }
    if (await confirm(question)) await during('cancel', () => cancelImport({ id }))
  }

  const undo = async ({ id, fileName, counts }: ImportDetail) => {
    const question = {
      title: t('imports.undoTitle', { name: fileName }),
      text: t('imports.undoText', { created: formatNumber(counts.created), updated: formatNumber(counts.updated) }),
      action: t('imports.undo'),
      isDangerous: true,
    }
    if (await confirm(question)) await during('undo', () => undoImport({ id }))
  }

  const download = ({ id }: ImportDetail, format: 'csv' | 'xlsx') =>
    during('download', () => downloadRefused(id, format))

  return { busy, start, cancel, undo, download }
}
