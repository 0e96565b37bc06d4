/** The control plane: a desired state in a few lines, checked, kept with its history, and served to Envoys over xDS. */
export type { Author, ControlPlane } from './control-plane.ts';
