type Json = Record<string, unknown>

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** What `kubectl explain` says of metadata: the tables have no descriptions, and these fields every object has. */
const FIELDS: Record<string, string> = {
  annotations:
    'Annotations are free texts by key, for tools to keep what they want with the object. Nobody selects by them.',
  creationTimestamp:
    'CreationTimestamp is a timestamp of when the server stored the object first. Clients cannot set it.',
  deletionGracePeriodSeconds:
    'DeletionGracePeriodSeconds is how long the object may take to end after its deletion was asked for. It can only become shorter.',
  deletionTimestamp:
    'DeletionTimestamp is when the object goes, or went if a finalizer still holds it. The server sets it when a deletion is asked for; it is never unset.',
  finalizers:
    'Finalizers name those who have work to do before the object may go. Each removes its own entry; the last lets the object go.',
  generateName: 'GenerateName is the beginning of a name that the server completes, when no name is given.',
  generation: 'Generation counts the changes of the desired state. The server keeps it.',
  labels: 'Labels are short texts by key, by which objects are selected.',
  managedFields: 'ManagedFields says who set which field, and when. The server keeps it for apply.',
  name: 'Name is unique among objects of the kind in the namespace. It cannot be changed.',
  namespace:
    'Namespace is the space in which the name is unique; empty for objects of the whole cluster. It cannot be changed.',
  ownerReferences:
    'OwnerReferences name the objects that this one depends on. When all of them are gone, it is deleted too.',
  resourceVersion:
    'ResourceVersion stands for one state of the object. An update that names another than the stored one is refused; clients take it as it is.',
  selfLink: 'SelfLink is no longer set.',
  uid: 'UID is unique over time: an object that takes the name of an earlier one has another.',
}

/** The schema of ObjectMeta with descriptions of its fields. */
export function describedObjectMeta(schema: unknown): Json {
  const { properties, ...rest } = schema as { properties: Record<string, Json> }
  const described = Object.entries(properties).map(([field, node]) => [field, { description: FIELDS[field], ...node }])
  return {
    description: 'ObjectMeta is what every stored object has: who it is, and what the server and tools know about it.',
    ...rest,
    properties: Object.fromEntries(described),
  }
}
