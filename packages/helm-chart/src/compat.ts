/** Which Helm's behaviour: 4.1.4's or 3.17.3's, where they differ. */
export type Compat = 'helm3' | 'helm4'
