import { ApiError, type Image, type KeyPair, type Server, serverLimits, type Volume } from '@straylight/api'
import { type Ref, computed, ref, watch } from 'vue'
import { useDraft } from '../../lib/drafts.ts'
import { fieldErrors } from '../../lib/problem.ts'
import { useSettled } from '../../lib/settled.ts'
import { useImages } from '../images/use-images.ts'
import { useKeys } from '../keys/use-keys.ts'
import { useVolumes } from '../volumes/use-volumes.ts'
import {
  copyOf,
  draftName,
  emptyOrder,
  fieldOf,
  isFilled,
  isOrderForm,
  memoryRange,
  mistakesIn,
  nextName,
  type OrderField,
  type OrderForm,
  type SizeRule,
  toOrder,
} from './order.ts'
import { mistakeWords, suggestionIn } from './order-words.ts'
import { useServerPrice, useServers, useSizeRules } from './use-servers.ts'

const settleMs = 250
const keysChosenAtFirst = 3

/** The form of a new server: its values, what is wrong with them, and what it would cost. */
export function useOrder(
  project: Ref<string>,
  start: { person: string; imageId?: string | undefined; copyOf?: string | undefined },
) {
  const form = ref<OrderForm>({ ...emptyOrder, imageId: start.imageId ?? '' })
  const images = useImages(project)
  const keys = useKeys(project)
  const servers = useServers(project)
  const sizes = useSizeRules(project)
  const touched = ref(false)
  const draft = useDraft(
    draftName({ ...start, project: project.value }),
    form,
    isOrderForm,
    () => touched.value && isFilled(form.value),
  )
  const isCopy = start.copyOf !== undefined && !draft.restored
  const volumes = useVolumes(() => (isCopy ? project.value : ''))

  const image = computed(() => images.data.value?.find(({ id }) => id === form.value.imageId))
  const memory = computed(() => memoryRange((sizes.data.value ?? []) as SizeRule[], form.value.vcpus))
  const mistakes = computed(() => mistakesIn(form.value, image.value, memory.value))

  useDefaults(form, {
    images: images.data,
    keys: keys.data,
    servers: servers.data,
    volumes: volumes.data,
    restored: draft.restored,
    copyOf: start.copyOf,
    isTouched: () => touched.value,
  })

  // The price waits until a person has stopped typing, and needs no name.
  const priced = computed(() => {
    const others = Object.keys(mistakes.value).filter((field) => field !== 'name')
    return others.length === 0 ? toOrder({ ...form.value, name: mistakes.value.name ? 'server-01' : form.value.name }) : undefined
  })
  const { settled, isSettled } = useSettled(priced, settleMs)
  const price = useServerPrice(project, settled)
  /** The price is that of the form as it stands, or it is known that there is none. */
  const isPriced = computed(() => isSettled.value && !price.isPlaceholderData.value && !price.isPending.value)

  const tried = ref(false)
  const left = ref(new Set<OrderField>())
  const refusal = ref<unknown>()
  const refused = computed(() => {
    const found: Partial<Record<OrderField, string>> = {}
    for (const [path, message] of Object.entries(fieldErrors(refusal.value ?? price.error.value))) {
      const field = fieldOf(path)
      if (field) found[field] = message
    }
    return found
  })
  // What the service refused is stale as soon as the form is changed.
  watch(form, () => (refusal.value = undefined), { deep: true })

  /** What goes on a field: what is wrong in words and the corrected value, once the person has left it or tried to order. */
  const field = (name: OrderField) => {
    const mistake = mistakes.value[name]
    const told = mistake && (tried.value || left.value.has(name) || mistake.code === 'belowImage')
    return {
      name,
      error: told ? mistakeWords(mistake, { field: name, imageName: image.value?.name ?? '' }) : refused.value[name],
      suggestion: told ? suggestionIn(mistake) : undefined,
      onFocusout: () => void left.value.add(name),
    }
  }
  const wrong = computed(() => Object.keys(mistakes.value) as OrderField[])
  return {
    form,
    images,
    keys,
    servers,
    sizes,
    image,
    memory,
    price,
    isPriced,
    /** What the form begins with is still being read. */
    isLoading: computed(() => images.isPending.value || (isCopy && (servers.isPending.value || volumes.isPending.value))),
    mistakes,
    wrong,
    tried,
    refusal,
    field,
    restored: draft.restored,
    drop: draft.drop,
    /** The person has put a hand on the form: from now on it is a draft. */
    touch: () => {
      touched.value = true
    },
  }
}

interface Known {
  images: Ref<Image[] | undefined>
  keys: Ref<KeyPair[] | undefined>
  servers: Ref<Server[] | undefined>
  volumes: Ref<Volume[] | undefined>
  restored: boolean
  copyOf: string | undefined
  isTouched: () => boolean
}

/** Sensible values in all sections, so that the button is live at once where possible. What the person chose is never overwritten. */
function useDefaults(
  form: Ref<OrderForm>,
  { images, keys, servers, volumes, restored, copyOf: original, isTouched }: Known,
): void {
  watch(
    images,
    (list) => {
      if (!list) return
      if (!list.some(({ id }) => id === form.value.imageId)) form.value.imageId = (list.find(isCommon) ?? list[0])?.id ?? ''
    },
    { immediate: true },
  )
  watch(
    () => images.value?.find(({ id }) => id === form.value.imageId),
    (image) => {
      if (image && form.value.system < image.min_disk) form.value.system = image.min_disk
      if (image && form.value.ram < image.min_ram) form.value.ram = image.min_ram
    },
    { immediate: true },
  )
  let keysChosen = restored
  watch(
    keys,
    (list) => {
      if (!list) return
      // A key that was deleted meanwhile cannot be ordered with.
      form.value.keyIds = form.value.keyIds.filter((id) => list.some((key) => key.id === id))
      if (!keysChosen && list.length <= keysChosenAtFirst) form.value.keyIds = list.map(({ id }) => id)
      keysChosen = true
    },
    { immediate: true },
  )
  let named = false
  watch(
    servers,
    (list) => {
      if (!list || named) return
      named = true
      if (form.value.name === '') form.value.name = nextName(list.map(({ name }) => name))
    },
    { immediate: true },
  )
  // A draft has begun with the copy already, and a hand that was put on the form is not overruled.
  let copied = restored || original === undefined
  watch(
    [images, servers, volumes] as const,
    ([offered, list, disks]) => {
      const server = list?.find(({ id }) => id === original)
      if (copied || !offered || !server || !disks) return
      copied = true
      if (!isTouched()) Object.assign(form.value, copyOf(server, { images: offered, volumes: disks }))
    },
    { immediate: true },
  )
}
const isCommon = ({ operation_system }: Image) => /ubuntu|debian/i.test(operation_system.distribution)

/** Is the price refused because of what the form says, rather than because the service is away? */
export const isAboutTheOrder = (error: unknown): boolean => error instanceof ApiError && error.status === 422
export const mostVolumes = serverLimits.storages - 1
