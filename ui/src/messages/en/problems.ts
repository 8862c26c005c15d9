// Every problem in words: what happened, what to do, what one press can do, and a few words where there is room for no more.

import type { Act, Code, Values } from "../codes";
import type { formats } from "../formats";
import { code, type Rich, rich, whole } from "../text";

export function problemWords(f: ReturnType<typeof formats>, lacks: (missing: readonly string[]) => Rich) {
  /** What answers instead of GitLab, at the start of a sentence; names of programs stand for themselves. */
  const software = (name: string): string => {
    if (name === "a web page") return "A web page";
    if (name === "another program's API") return "Another program";
    if (name.startsWith("a web server")) return "Some other web server";
    return name;
  };

  const wrongKinds: Record<string, Rich> = {
    application_secret: rich`an application secret (it begins with ${code("gloas-")})`,
    deploy_token: rich`a deploy token (it begins with ${code("gldt-")})`,
    runner_token: rich`a runner’s token (it begins with ${code("glrt")})`,
    job_token: rich`the token of one CI job (it begins with ${code("glcbt-")})`,
    pipeline_trigger: rich`a pipeline trigger (it begins with ${code("glptt-")})`,
    feed_token: rich`a feed token (it begins with ${code("glft-")})`,
    incoming_mail_token: rich`an incoming mail token (it begins with ${code("glimt-")})`,
    agent_token: rich`a Kubernetes agent’s token (it begins with ${code("glagent-")})`,
    workspace_token: rich`a workspace token (it begins with ${code("glwt-")})`,
    scim_token: rich`a SCIM token (it begins with ${code("glsoat-")})`,
    feature_flags_token: rich`a feature flags token (it begins with ${code("glffct-")})`,
    session_cookie: rich`your browser’s session cookie`,
    identity_code: rich`a sign-in code (it begins with ${code("gliamac-")})`,
    identity_refresh_token: rich`a refresh token (it begins with ${code("gliamrt-")})`,
    app_login_token: rich`the token of an app login`,
    github_token: rich`a token of GitHub`,
  };
  const wrongKind = (kind: string | undefined): Rich => wrongKinds[kind ?? ""] ?? rich`another kind of secret`;

  const host = (values: Values): string => values["host"] ?? "that address";
  const at = (values: Values) => whole(host(values));
  const missing = (values: Values): string[] => (values["missing"] ?? "").split(/[\s,]+/).filter((name) => name !== "");

  // In a plain sentence {host} stands for the GitLab it is about.
  const problems: Record<Code, string | ((values: Values) => Rich)> = {
    // ---- the address
    address_empty: "Type or paste the address of your GitLab.",
    address_too_long: "This is too long for an address. Paste only the address of your GitLab.",
    address_invalid: (v) => {
      switch (v["wrong"]) {
        case "space":
          return rich`There is a space in this address. Paste it without.`;
        case "no_host":
          return rich`This address names no host. Paste any page of your GitLab, or a clone address.`;
        case "host":
          return rich`The host name in this address cannot be right. Check it letter by letter.`;
        case "port":
          return rich`The port in this address is no number from 1 to 65535. Check what follows the colon.`;
        default:
          return rich`LabLink cannot read this as an address. Paste any page of your GitLab, or a clone address.`;
      }
    },
    address_scheme: () =>
      rich`This address does not lead to a web page. Paste one that begins with ${code("https://")}.`,
    address_user_info: "This address holds a user name or a password. Paste it without the part before the @.",
    address_token: "This is a token, and not an address. It was not used. It goes into the next step.",
    address_mixed_script:
      "This name mixes letters of different alphabets, as forged addresses do. Type it letter by letter.",
    address_control: "This address holds invisible characters. Type it yourself instead of pasting it.",
    http_needs_consent: "The connection to {host} is not encrypted. Anyone on the network could read your token.",
    not_gitlab: (v) => {
      const name = v["software"] ?? "";
      return name === ""
        ? rich`Something answers at ${at(v)}, but it is not GitLab. Check the address.`
        : rich`${software(name)} answers at ${at(v)}, not GitLab. Check the address.`;
    },
    sign_in_wall:
      "A sign-in page stands before the GitLab at {host}, and LabLink cannot pass it. Use the address that git clones from, or ask your admin to let LabLink through.",
    redirect_elsewhere: (v) =>
      v["circle"] === "true"
        ? rich`This address sends LabLink round in a circle. Check the address, or ask your admin.`
        : rich`This address sends you on to ${whole(v["to"] ?? "another one")}. If that is your GitLab, type that address.`,
    unusable_answer: "LabLink cannot use what {host} answers. Check the address, or try again in a minute.",
    // ---- the network
    name_not_found: "No computer by the name {host} can be found. Check the address, or your VPN.",
    connection_refused: "Nothing answers at {host}. Check the address, or your VPN.",
    connection_lost: "The connection to {host} broke off. Check your network, then try again.",
    unreachable: "No way leads to {host} from here. Check your network, or your VPN.",
    silent: "{host} takes the call but says nothing. Check the address, or your VPN.",
    rate_limited: "{host} asks LabLink to slow down. Wait a minute, then try again.",
    server_error: "The GitLab at {host} has a problem of its own. Wait a minute, then try again.",
    maintenance: "The GitLab at {host} is being maintained. Try again later.",
    proxy_failed: (v) =>
      v["variable"] === undefined
        ? rich`The proxy between here and ${at(v)} refuses to pass. Check your proxy settings.`
        : rich`${code(v["variable"])} holds no address of a proxy. Correct or unset it, then start LabLink again.`,
    // ---- certificates
    certificate_expired: (v) =>
      v["not_after"] === undefined
        ? rich`The certificate of ${at(v)} has expired. Ask your admin to renew it.`
        : rich`The certificate of ${at(v)} expired on ${f.date(v["not_after"], Date.now())}. Ask your admin to renew it.`,
    certificate_not_yet_valid:
      "The certificate of {host} is not valid yet. Check the clock of this computer, then try again.",
    certificate_other_host: (v) =>
      v["subject"] === undefined
        ? rich`${at(v)} presents a certificate made for another name. Check the address, or ask your admin.`
        : rich`${at(v)} presents a certificate made for ${whole(v["subject"])}. Check the address, or ask your admin.`,
    certificate_unknown_authority: (v) =>
      v["issuer"] === undefined
        ? rich`${at(v)} presents a certificate from an authority that this computer does not trust.`
        : rich`${at(v)} presents a certificate signed by “${v["issuer"]}”, which this computer does not trust.`,
    certificate_self_signed: "{host} presents a certificate that it signed itself, which this computer does not trust.",
    certificate_invalid: "{host} presents a certificate that cannot be right. Ask your admin.",
    // ---- the token
    token_empty: "Paste an access token.",
    token_too_long: "This is too long for an access token. Copy the token alone, and paste it again.",
    token_invalid_text: "This holds characters that no access token has. Copy the token alone, and paste it again.",
    token_wrong_kind: (v) => rich`This is ${wrongKind(v["kind"])}, not an access token. Paste an access token.`,
    token_unknown: "{host} does not know this token. Check that it is whole, or create a new one.",
    token_expired: (v) =>
      v["on"] === undefined
        ? rich`This token has expired. Create a new one.`
        : rich`This token expired on ${f.date(v["on"], Date.now())}. Create a new one.`,
    token_revoked: (v) =>
      v["on"] === undefined
        ? rich`GitLab no longer accepts this token: it was revoked. Create a new one.`
        : rich`GitLab no longer accepts this token. It was revoked on ${f.date(v["on"], Date.now())}.`,
    token_too_narrow: (v) =>
      missing(v).length === 0
        ? rich`The token works, but cannot do everything LabLink is for.`
        : rich`The token works, but ${lacks(missing(v))}.`,
    token_useless: "This token is real, but it may do nothing LabLink is for. Create one that can.",
    token_other: "GitLab refuses this token without a reason LabLink knows. Create a new one.",
    dpop_required:
      "Your GitLab account accepts tokens only with a signing key (DPoP), which LabLink does not have. Turn it off in your GitLab profile, under Access tokens.",
    fine_grained_refused:
      "This fine-grained token may not say who it belongs to. Create one with the permission to read the user and the token.",
    impersonation_disabled:
      "This is an impersonation token, and this GitLab has turned those off. Create an access token of your own.",
    // ---- the account at GitLab
    account_blocked: "GitLab has blocked this account. Ask your admin to unblock it.",
    account_pending: "This account waits for an admin’s approval. Ask your admin.",
    account_deactivated: "GitLab has put this account to sleep. Sign in there once in your browser, then try again.",
    account_unconfirmed:
      "The email address of this account is not confirmed. Follow the link GitLab sent, then try again.",
    terms_not_accepted: "GitLab wants you to accept its terms first. Sign in there in your browser, then try again.",
    password_expired: "The password of this account has expired. Set a new one at GitLab, then try again.",
    forbidden:
      "GitLab knows this token, but refuses it from here. Its rules may allow other networks only. Ask your admin.",
    // ---- the display name
    name_empty: "Give the account a name, for example “Work”.",
    name_too_long: "This name is too long. Use at most 60 characters.",
    name_taken: (v) =>
      v["name"] === undefined
        ? rich`You already have an account of this name. Choose another name.`
        : rich`You already have an account named “${v["name"]}”. Choose another name.`,
    name_invalid: "This name holds characters that cannot be shown. Type it yourself.",
    // ---- where secrets live
    keychain_absent: "This computer runs no keychain, the place where programs keep passwords.",
    keychain_locked: "Your keyring is locked. Unlock it, then go on. Nothing is lost.",
    keychain_denied: "Your keychain does not let LabLink in. Allow it when it asks, then try again.",
    keychain_full: "Your keychain did not keep a test entry: it is full. Make room, then try again.",
    keychain_hung: "Your keychain does not answer. Look for a window of it that waits for you, then try again.",
    keychain_file_damaged:
      "The encrypted file with your secrets is damaged: {file}. Put it back from a backup, or move it away and link your accounts again.",
    keychain_corrupt: "What your keychain gives back is damaged. Unlink the account and link it again.",
    keychain_wrong_passphrase: "This passphrase does not open the file. Type it again.",
    keychain_failed: "Your keychain did not keep a test entry, so a secret would be lost. Unlock it, then try again.",
    keychain_missing: "The secret of this account is no longer in your keychain. Link it again.",
    keychain_needs_passphrase: "Your secrets are in an encrypted file that waits for its passphrase.",
    // ---- LabLink itself
    account_not_found: (v) =>
      v["name"] === undefined
        ? rich`This account is no longer linked here. Somebody unlinked it in between.`
        : rich`No account here is called “${v["name"]}”. It may have another name now, or be unlinked.`,
    relink_link_invalid: "This link does not say which account to link again. Choose the account in the list.",
    other_user: (v) =>
      rich`This is ${v["found"] ?? "somebody else"}, but “${v["name"] ?? "the account"}” is ${v["was"] ?? "another user"}. Sign in as that user.`,
    instance_not_found: "LabLink no longer knows this GitLab. Link an account there again.",
    instance_in_use: "Accounts are linked on this GitLab, so LabLink keeps it. Unlink them first.",
    instance_built_in: "GitLab.com is built in, so it stays in the list.",
    authority_invalid: "This is no certificate authority. Ask your admin for its certificate, as a PEM file.",
    authority_not_sent: (v) =>
      rich`${at(v)} does not send the certificate of ${v["issuer"] === undefined ? "the authority" : `“${v["issuer"]}”`} that signed its own, so there is nothing to compare. Ask your admin for that certificate as a file, then run ${code("lablink instance set ADDRESS --ca FILE")}.`,
    home_unusable:
      "LabLink cannot use the folder it keeps its files in. Check that the folder is yours and can be written.",
    git_missing: "git is not installed on this computer. Install it, then try again.",
    still_alive: "GitLab says the token is revoked, but still accepts it. Revoke it on GitLab yourself.",
    account_busy: "Another LabLink is at work on this account and does not come to an end. End it, then try again.",
    store_failed: "LabLink could not write to its own files. Check that the disk has room, then try again.",
    store_damaged:
      "The list of your accounts is damaged. Your tokens are safe in the keychain. Put the list aside, and LabLink takes over what it can read of it.",
    secrets_orphaned: "The keychain keeps secrets of accounts not listed here.",
    clock_off: (v) =>
      rich`This computer’s clock is ${f.span(Number(v["minutes"] ?? 0))} ${v["way"] === "ahead" ? "ahead of" : "behind"} GitLab’s. Set it right.`,
    store_newer: "A newer LabLink wrote these files. Start that one, or update this one.",
    internal:
      "LabLink made a mistake and stopped before changing anything. Try again, and copy the report if it stays.",
    interrupted: "This was interrupted. Nothing is left behind. Try again.",
    cancelled: "You cancelled this. Nothing is left behind.",
    open_failed: "Nothing on this computer opens it. Check which browser and file manager are set.",
    rotation_of_login: "This account signs in by app login, which LabLink renews by itself.",
    rotation_past: "This day has passed. Choose a later one.",
    rotation_scope: "This token may not be rotated. Link again with one that has “api” or “self_rotate”.",
    rotation_too_old: "This GitLab is too old to rotate a token. Link again with a new one before this one ends.",
    rotation_shared: (v) =>
      rich`${whole(v["name"] ?? "Another account")} uses the same token. Link it with one of its own first.`,
    rotation_expiry: "GitLab does not let the new token live that long. The old one works as before.",
    rotation_unsure:
      "GitLab’s answer to the rotation was lost. The token still works, but is not rotated again. Link again with a new one before it ends.",
    rotation_unsettled:
      "GitLab’s answer to the rotation was lost. Whether the token still works is known when GitLab answers again.",
    no_app_login: "This account signs in with an access token, whose permissions are GitLab’s to change.",
    // ---- app login, link profiles, policy
    app_not_set_up: "This GitLab does not know LabLink yet. Ask your admin to set up app login.",
    app_unknown: "This GitLab does not know this application ID. Copy it again, or ask your admin for the right one.",
    app_secret_wrong: "GitLab refuses the secret of LabLink’s application. Ask your admin for the current one.",
    app_refused:
      "GitLab does not let LabLink’s application do this. Check its permissions and redirect address there, or ask your admin.",
    application_id_invalid: "This is no application ID. Copy it whole from the application’s page.",
    application_secret_invalid: "This is no application secret. Copy it whole from the application’s page.",
    login_denied: "The sign-in was refused in the browser. Start it again, and press Authorize.",
    login_timed_out:
      "The browser did not come back in time. If it showed an error page, the application ID or redirect address is not right there. Start the sign-in again.",
    login_mixed_up:
      "The answer came from another server than the one asked. Nothing was kept. Start the sign-in again.",
    browser_failed: "Your browser could not be opened. Open the address yourself.",
    listener_failed: "This computer gives LabLink no port to wait on for the browser. Use a code on another device.",
    device_unsupported: "This GitLab is too old to sign in by code. Use your browser, or an access token.",
    device_expired: "The code’s time is over. Ask for a new one.",
    device_denied: "The code was refused on the other device. Ask for a new one, and allow it there.",
    grant_refused: "GitLab no longer renews this sign-in. Link the account again.",
    renewal_delayed: "GitLab does not renew this sign-in right now. LabLink tries again in a minute.",
    lost_renewal: "GitLab renewed this account, but no answer came that LabLink can use. Link the account again.",
    scopes_differ: (v) =>
      missing(v).length > 0
        ? rich`With what GitLab granted, LabLink ${lacks(missing(v))}. Check the application, or link it as it is.`
        : rich`GitLab granted other permissions than LabLink asked for. Ask your admin to check the application, or link it as it is.`,
    scopes_invalid: "This is no list of permissions. Name scopes with spaces between them.",
    profile_invalid: "This is no link profile. Ask the colleague who sent it for a new one.",
    profile_version: "This link profile is made for another version of LabLink. Update LabLink first.",
    profile_conflict:
      "This link profile would change a GitLab you already use. Ask the colleague who sent it which is right.",
    profile_confidential:
      "This GitLab’s application has a secret, which no link profile carries. Ask your admin for a public one.",
    policy_locked: "Your company decides this for this GitLab. Ask your admin to change it.",
    policy_broken: (v) =>
      rich`Your company’s settings for LabLink${v["place"] === undefined ? "" : rich`, in ${code(v["place"])},`} cannot be read. What they set up before stays as it was. Show your admin the details.`,
    clipboard_empty: "There is no text to paste. Copy the token on GitLab first.",
    start_at_login_failed:
      "LabLink could not change your autostart folder. Check that you may write to it, then try again.",
    clipboard_failed: "LabLink could not read what you copied. Click into the field and paste there.",
  };

  /** What one press can do about a problem. */
  const acts: Partial<Record<Act, readonly Code[]>> = {
    look_again: [
      "unusable_answer",
      "name_not_found",
      "connection_refused",
      "connection_lost",
      "unreachable",
      "silent",
      "rate_limited",
      "server_error",
      "maintenance",
      "proxy_failed",
      "certificate_expired",
      "certificate_not_yet_valid",
      "certificate_other_host",
      "certificate_invalid",
    ],
    trust: ["certificate_unknown_authority", "certificate_self_signed"],
    create_token: [
      "token_unknown",
      "token_expired",
      "token_revoked",
      "token_too_narrow",
      "token_useless",
      "token_other",
      "fine_grained_refused",
      "impersonation_disabled",
    ],
    open_account: [
      "dpop_required",
      "account_deactivated",
      "account_unconfirmed",
      "terms_not_accepted",
      "password_expired",
      "still_alive",
    ],
    choose_place: ["keychain_absent"],
    unlock: ["keychain_locked"],
    retry_keychain: [
      "keychain_denied",
      "keychain_full",
      "keychain_hung",
      "keychain_corrupt",
      "keychain_file_damaged",
      "keychain_failed",
    ],
    type_passphrase: ["keychain_wrong_passphrase", "keychain_needs_passphrase"],
    try_again: ["account_busy", "store_failed", "internal", "interrupted"],
    put_aside: ["store_damaged"],
  };

  const isCode = (text: string): text is Code => Object.hasOwn(problems, text);

  /** Second lines of a state, a few words each. */
  const short: Partial<Record<Code, string>> = {
    account_blocked: "Blocked at GitLab",
    account_pending: "Waits for approval",
    account_deactivated: "Asleep at GitLab",
    account_unconfirmed: "Email not confirmed",
    terms_not_accepted: "Terms not accepted",
    password_expired: "Password expired",
    forbidden: "Refused from here",
    dpop_required: "Needs a signing key",
    impersonation_disabled: "Kind is turned off",
    fine_grained_refused: "May not say who it is",
    name_not_found: "Name not found",
    connection_refused: "Nothing answers",
    connection_lost: "Connection broke off",
    unreachable: "No way there",
    silent: "Says nothing",
    rate_limited: "Asked to slow down",
    server_error: "GitLab has a problem",
    maintenance: "Being maintained",
    proxy_failed: "Proxy refuses",
    unusable_answer: "Answer makes no sense",
    certificate_expired: "Certificate expired",
    certificate_not_yet_valid: "Certificate not valid yet",
    certificate_other_host: "Certificate of another",
    certificate_unknown_authority: "Certificate not trusted",
    certificate_self_signed: "Certificate not trusted",
    certificate_invalid: "Certificate not right",
    sign_in_wall: "Sign-in page before it",
    redirect_elsewhere: "Has moved",
    not_gitlab: "Not GitLab any more",
    keychain_absent: "No keychain",
    keychain_locked: "Keyring is locked",
    keychain_denied: "Keychain refuses",
    keychain_hung: "Keychain says nothing",
    keychain_corrupt: "Secret is damaged",
    keychain_wrong_passphrase: "File is locked",
    keychain_needs_passphrase: "File is locked",
    keychain_missing: "Secret is gone",
    keychain_failed: "Keychain failed",
  };

  /** The words of a problem, filled with its values. */
  const problem = (problem: { readonly code: string; readonly values: Values }): Rich => {
    const says = problems[isCode(problem.code) ? problem.code : "internal"];
    if (typeof says !== "string") return says(problem.values);
    const [before = "", ...after] = says.split("{host}");
    return after.reduce<Rich>((all, part) => rich`${all}${at(problem.values)}${part}`, rich`${before}`);
  };
  const problemAct = (name: string): Act | undefined =>
    (Object.keys(acts) as Act[]).find((act) => acts[act]?.includes(isCode(name) ? name : "internal"));

  const shortReason = (why: string | null): string | undefined =>
    why !== null && isCode(why) ? short[why] : undefined;

  return { problem, problemAct, shortReason, wrongKind };
}
