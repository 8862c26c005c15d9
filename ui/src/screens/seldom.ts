// What is drawn seldom, in one file that is fetched once the first screen stands (state/seldom).

export { default as Screens } from "./Seldom.svelte";
export { default as TrustDialog } from "../parts/TrustDialog.svelte";
