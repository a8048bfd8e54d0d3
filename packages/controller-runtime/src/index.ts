export type { ReconcileContext, ReconcileResult, Reconciler } from './reconciler.ts'
