// The border to Rust: every command by its name, the one event, and nothing else. Rust decides; this asks.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type {
  Choice,
  Destination,
  ExportHow,
  LinkGoal,
  LoginMethodView,
  ProblemView,
  ProfileExportView,
  Snapshot,
  Way,
} from "./types";

/** A command that answers nothing: what it changed comes as a snapshot. */
type Done = null;

/**
 * Text must arrive in the order it was typed, and whole before anything that acts on it. So what is typed goes one
 * call after another, and every other command waits until what was typed before it has arrived.
 */
let typed: Promise<unknown> = Promise.resolve();

function type(command: string, args: Record<string, string>): Promise<Done> {
  const call = typed.then(() => invoke<Done>(command, args));
  typed = call.catch(() => undefined);
  return call;
}

async function ask<T>(command: string, args?: Record<string, unknown>): Promise<T> {
  await typed;
  return invoke<T>(command, args);
}

export const border = {
  snapshot: () => ask<Snapshot>("snapshot"),
  onSnapshot: (draw: (snapshot: Snapshot) => void) => listen<Snapshot>("snapshot", (event) => draw(event.payload)),

  checkAccounts: (id: string | null) => ask<Done>("check_accounts", { id }),
  renameAccount: (id: string, name: string) => ask<Done>("rename_account", { id, name }),
  /** Answers when GitLab has given the new token and LabLink keeps it. */
  rotateToken: (id: string) => ask<Done>("rotate_token", { id }),
  rotateByItself: (id: string, on: boolean) => ask<Done>("rotate_by_itself", { id, on }),
  dismissRecovered: () => ask<Done>("dismiss_recovered"),

  startLink: (way: Way) => ask<Done>("start_link", { way }),
  /** One press at a GitLab that is known here; Rust decides how far it leads. */
  linkAt: (address: string, goal: LinkGoal) => ask<Done>("link_at", { address, goal }),
  setScopes: (scopes: readonly string[]) => ask<Done>("set_scopes", { scopes }),
  relink: (id: string) => ask<Done>("relink", { id }),
  setWay: (way: Way) => ask<Done>("set_way", { way }),
  setAddress: (text: string) => type("set_address", { text }),
  consentPlainHttp: () => ask<Done>("consent_plain_http"),
  trustAuthority: () => ask<Done>("trust_authority"),
  lookAgain: () => ask<Done>("look_again"),
  setName: (text: string) => type("set_name", { text }),
  nextStep: () => ask<Done>("next_step"),
  back: () => ask<Done>("back"),
  cancelLink: () => ask<Done>("cancel_link"),
  finishLink: () => ask<Done>("finish_link"),
  /** The only way a token crosses the border, and only inwards. */
  setToken: (text: string) => type("set_token", { text }),
  pasteToken: () => ask<Done>("paste_token"),
  linkAccount: (asItIs: boolean) => ask<Done>("link_account", { asItIs }),

  chooseMethod: (method: LoginMethodView) => ask<Done>("choose_method", { method }),
  stopLogin: () => ask<Done>("stop_login"),
  /** The only way an application's secret crosses the border, and only inwards. */
  setApplication: (applicationId: string, secret: string) => type("set_application", { applicationId, secret }),
  /** The address of a login never comes here: Rust opens and copies it. */
  openAgain: () => ask<Done>("open_again"),
  copyLoginLink: () => ask<Done>("copy_login_link"),
  confirmPerson: (yes: boolean) => ask<Done>("confirm_person", { yes }),
  copyRedirect: (address: string) => ask<Done>("copy_text_redirect", { address }),
  copyAdminMessage: (text: string) => ask<Done>("copy_admin_message", { text }),

  /** Answers the address in its normal form. */
  addInstance: (text: string, allowHttp: boolean) => ask<string>("add_instance", { text, allowHttp }),
  removeInstance: (address: string) => ask<Done>("remove_instance", { address }),
  exportProfile: (address: string, how: ExportHow) => ask<ProfileExportView>("export_profile", { address, how }),
  reviewProfile: (text: string) => ask<Done>("review_profile", { text }),
  takeProfile: (replace: boolean) => ask<Done>("take_profile", { replace }),
  dismissProfile: () => ask<Done>("dismiss_profile"),

  editPermissions: (id: string) => ask<Done>("edit_permissions", { id }),
  askPermissions: (scopes: string[]) => ask<Done>("ask_permissions", { scopes }),
  cancelPermissions: () => ask<Done>("cancel_permissions"),

  askUnlink: (id: string) => ask<Done>("ask_unlink", { id }),
  cancelUnlink: () => ask<Done>("cancel_unlink"),
  unlink: (keepToken: boolean, hereOnly: boolean, revokeLater = false) =>
    ask<Done>("unlink", { keepToken, hereOnly, revokeLater }),
  tryWaiting: (id: string) => ask<Done>("try_waiting", { id }),
  giveUpWaiting: (id: string) => ask<Done>("give_up_waiting", { id }),
  closeUnlink: () => ask<Done>("close_unlink"),

  askTrust: (id: string) => ask<Done>("ask_trust", { id }),
  cancelTrust: () => ask<Done>("cancel_trust"),
  /** Whom the dialog shows: that is Rust's to know. */
  trustPresented: () => ask<Done>("trust_presented"),

  unlockKeychain: () => ask<Done>("unlock_keychain"),
  retryKeychain: () => ask<Done>("retry_keychain"),
  useEncryptedFile: (passphrase: string) => ask<Done>("use_encrypted_file", { passphrase }),
  openEncryptedFile: (passphrase: string) => ask<Done>("open_encrypted_file", { passphrase }),

  choose: (choice: Choice) => ask<Done>("choose", { choice }),

  openDestination: (destination: Destination) => ask<Done>("open_destination", { destination }),
  copyReport: () => ask<Done>("copy_report"),
  /** What could not be opened is opened once more then, and comes as the first snapshot. */
  putAside: () => ask<Done>("put_aside"),
};

/** What a command refused with, as a problem; anything that is none becomes `internal`. */
export function problemOf(refusal: unknown): ProblemView {
  if (typeof refusal === "object" && refusal !== null && "code" in refusal && typeof refusal.code === "string") {
    const { values, detail } = refusal as Partial<ProblemView>;
    return { code: refusal.code, values: values ?? {}, detail: detail ?? null };
  }
  return { code: "internal", values: {}, detail: typeof refusal === "string" ? refusal : null };
}
