// Everything LabLink's window says, in English, with its problems and scopes in rooms of their own (en/). No other file of
// the window holds a word that a person reads.
//
// The voice: plain words, second person, present tense. What happened, then what to do; one action. Never blame.

import type { HealthView, KindView, PlaceView, RegisteringView } from "../border/types";
import type { Act } from "./codes";
import { problemWords } from "./en/problems";
import { scopeWords } from "./en/scopes";
import { formats } from "./formats";
import { code, type Rich, rich, strong, whole } from "./text";

export function english(locale: string) {
  const f = formats(locale);

  const places: Record<PlaceView, string> = {
    gnome_keyring: "GNOME Keyring",
    kwallet: "KDE Wallet",
    secret_service: "your keyring",
    mac_keychain: "your Mac’s keychain",
    windows_credential_manager: "Windows Credential Manager",
    encrypted_file: "an encrypted file",
  };

  const kinds: Record<KindView, string> = {
    personal: "Access token",
    project: "Project access token",
    group: "Group access token",
    service_account: "Service account token",
    fine_grained: "Fine-grained token",
    unknown: "Access token",
  };

  const { scopes, lower, verb, granting, lacks } = scopeWords(f);
  const { problem, problemAct, shortReason, wrongKind } = problemWords(f, lacks);
  const waiting = "Waiting for your browser";
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

  const stateWord = (health: HealthView): string => {
    switch (health.state) {
      case "linked":
        return "Linked";
      case "expiring":
        return `Expires ${f.inDays(health.days)}`;
      case "expired":
      case "revoked":
        return "Needs re-linking";
      case "too_narrow":
        return "Limited";
      case "refused":
        return "Needs you";
      case "unreachable":
        return "Offline";
      case "unknown":
        return "Not checked";
    }
  };

  return {
    locale,

    app: {
      name: "LabLink",
      loading: "Starting…",
      cannotStart: "LabLink cannot show your accounts",
      asideTitle: "Put the damaged list aside?",
      asideText:
        "It is kept, beside a new one that begins with every account LabLink can read. Those it cannot read you link again.",
      asideGo: "Put it aside",
    },

    places,
    /** The name of a place at the start of a line. */
    placeTitle: (place: PlaceView) => places[place].charAt(0).toUpperCase() + places[place].slice(1),
    inPlace: (place: PlaceView) => `In ${places[place]}`,
    kinds,
    methods: { app: "App login" },

    problem,
    problemAct,
    act: {
      look_again: "Try again",
      trust: "Trust this authority for this GitLab only",
      create_token: "Create a new one",
      open_account: "Open GitLab",
      try_again: "Try again",
      put_aside: "Put it aside…",
      unlock: "Unlock",
      retry_keychain: "Try again",
      choose_place: "Choose where to keep secrets",
      type_passphrase: "Type the passphrase",
    } satisfies Record<Act, string>,

    details: {
      summary: "Details",
      copy: "Copy",
      copied: "Copied",
    },

    common: {
      cancel: "Cancel",
      back: "Back",
      close: "Close",
      done: "Done",
      dismiss: "Dismiss",
    },

    nav: {
      label: "LabLink",
      accounts: "Accounts",
      instances: "Instances",
      settings: "Settings",
      backToAccounts: "Accounts",
    },

    firstStart: {
      title: "Link your GitLab account",
      lead: "Link it once, and your tools sign in with it until you unlink it.",
      company: "Your company’s GitLab",
      companySub: "At an address of its own, like git.example.test",
      gitlabCom: "GitLab.com",
      gitlabComSub: "The one everybody can use",
    },

    home: {
      link: "Link an account",
      need: (count: number, all: number) =>
        f.count(count, { one: `# of ${f.number(all)} needs you`, other: `# of ${f.number(all)} need you` }),
      well: "All well",
      offline: "You are offline",
      someOffline: (count: number, all: number) =>
        f.count(count, { one: `# of ${f.number(all)} is offline`, other: `# of ${f.number(all)} are offline` }),
      unchecked: "Not checked yet",
      limited: "Linked, with limits",
      offlineLead: "Nothing is lost. LabLink checks again when you are back.",
      checking: "Checking…",
      checked: (at: string, now: number) => `Checked ${f.ago(at, now) ?? "just now"}`,
      countChecked: (count: number, at: string, now: number) =>
        `${f.count(count, { one: "# account", other: "# accounts" })}, checked ${f.ago(at, now) ?? "just now"}`,
      count: (count: number) => f.count(count, { one: "# account", other: "# accounts" }),
      checkAll: "Check all",
      search: "Search",
      searchLabel: "Search accounts",
      group: "Group accounts",
      byHost: "By host",
      noGroups: "No groups",
      needGroup: "Need you",
      listLabel: "Accounts",
      noMatch: (text: string) => `No account matches “${text}”.`,
      noMatchHint: "Names, user names and hosts are searched.",
      clearSearch: "Clear search",
      found: (count: number) => f.count(count, { one: "# account found", other: "# accounts found" }),
      groupCount: (count: number) => f.number(count),
      keyringLocked: "Your keyring is locked",
      fileLocked: "Your secrets are locked",
      keychainAbsent: "Nowhere to keep secrets",
      keychainBroken: "Your keychain does not work",
      nothingChecked: "Nothing could be checked",
      lockedNotice: (place: PlaceView) =>
        rich`Your accounts cannot be used or checked until you unlock ${places[place]}. Nothing is lost.`,
      passphraseNotice: rich`Your accounts cannot be used or checked until you type the passphrase of the encrypted file. Nothing is lost.`,
      absentNotice: rich`This computer runs no keychain, so LabLink cannot reach the secrets of your accounts. Start it, or choose another place.`,
    },

    recovered: {
      link_undone: (name: string) =>
        rich`LabLink was stopped while it linked “${name}”. Nothing of it was kept. Link it again.`,
      link_finished: (name: string) =>
        rich`LabLink was stopped while it linked “${name}”. The link was whole, so it stands.`,
      unlink_finished: (name: string) => rich`LabLink was stopped while it unlinked “${name}”. It is unlinked now.`,
      unlink_undone: (name: string) =>
        rich`LabLink was stopped while it unlinked “${name}”. It is still linked. Unlink it again.`,
      put_aside: (name: string) =>
        rich`The damaged list of your accounts is kept as ${code(name)}. Link again what is missing here.`,
      orphaned: (labels: string) =>
        rich`Your keychain keeps secrets of accounts that are not listed here: ${labels}. Link those accounts again.`,
      old_token_lives: (name: string) =>
        rich`GitLab did not let LabLink revoke the earlier token of “${name}”. It may still work: revoke it in GitLab, under Access tokens.`,
      old_login_lives: (name: string) =>
        rich`GitLab did not let LabLink revoke the earlier sign-in of “${name}”. It may still work: revoke it in GitLab, under Applications.`,
      other: (name: string) => rich`LabLink was stopped while it changed “${name}”. It put that right.`,
    },

    account: {
      /** `@ada · git.example.test · Access token`; the host is left out where the group says it. */
      line: (user: string | null, host: string | null, method: string): Rich => {
        const before = [user === null ? null : `@${user}`, host].filter((part) => part !== null).join(" · ");
        return before === "" ? rich`${whole(method)}` : rich`${before} · ${whole(method)}`;
      },
      more: (name: string) => `More for ${name}`,
      checking: "Checking…",
      state: stateWord,
      stateSub: (health: HealthView, byItself: boolean, expiresOn: string | null, now: number): string | null => {
        switch (health.state) {
          case "linked":
            if (byItself) return "Renews by itself";
            return expiresOn === null ? "Does not expire" : `Until ${f.date(expiresOn, now)}`;
          case "expiring":
            return expiresOn === null ? null : `On ${f.date(expiresOn, now)}`;
          case "expired":
            return health.on === null ? "Expired" : `Expired on ${f.date(health.on, now)}`;
          case "revoked":
            return health.noticed_at === null ? "Revoked" : `Revoked, seen ${f.date(health.noticed_at, now)}`;
          case "too_narrow":
            return `Cannot ${f.list(health.missing.map(verb))}`;
          case "refused":
            return shortReason(health.why) ?? "Refused by GitLab";
          case "unreachable":
            return shortReason(health.why) ?? "No usable answer";
          case "unknown":
            return shortReason(health.why) ?? null;
        }
      },
      trust: "Trust…",
      trustFor: (name: string) => `Trust the new authority of ${name}’s GitLab`,
      linkAgain: "Link again",
      linkAgainFor: (name: string) => `Link again: ${name}`,
      menu: {
        check: "Check now",
        linkAgain: "Link again…",
        rename: "Rename…",
        permissions: "Edit permissions…",
        open: "Open on GitLab",
        details: "Details",
        unlink: "Unlink…",
      },
    },

    page: {
      checked: (at: string, now: number) => `Checked ${f.ago(at, now) ?? "just now"}`,
      checkNow: "Check now",
      who: "Who",
      person: "Person",
      personValue: (person: string | null, username: string | null) =>
        person !== null && username !== null
          ? `${person}, @${username}`
          : (person ?? (username === null ? "The token may not tell" : `@${username}`)),
      bot: "Bot",
      gitlab: "GitLab",
      notEncrypted: "Not encrypted",
      openOn: (host: string) => `Open ${host} in your browser`,
      displayName: "Display name",
      rename: "Rename",
      canDo: "What it can do",
      couldDo: "What it could do",
      missing: (text: string) => `${text}: missing`,
      unknown: (text: string) => `${text}: GitLab does not tell`,
      scope: (scope: string) => scopes[scope] ?? scope,
      alsoCan: (names: readonly string[]) => `It can also: ${f.list(names.map(verb))}`,
      reach: (what: "git" | "registry", can: string, names: readonly string[]): string | null => {
        const subject = what === "git" ? "git" : "Container images";
        switch (can) {
          case "pull_and_push":
            return `${subject}: pull and push`;
          case "pull_only":
            return `${subject}: pull only. To push it lacks ${f.list(names)}`;
          case "nothing":
            return `${subject}: not without ${f.list(names)}`;
          case "never":
            return `${subject}: only with an access token, not with app login`;
          default:
            return null;
        }
      },
      scopesUnknown: "This GitLab is too old to tell what a token may do.",
      kind: "Kind",
      tokenName: "Name",
      tokenId: "Number",
      created: "Created",
      lastUsed: "Last used",
      expires: "Expires",
      expiresNever: "Never",
      renews: "Renews",
      byItself: "By itself",
      byItselfBy: (at: string) => `By itself. Next: ${lower(at)}`,
      atGitlab: "At GitLab",
      authorized: "Your authorized applications",
      expiresOn: (day: string, now: number) => f.date(day, now),
      linkedOn: "Linked on",
      date: (moment: string, now: number) => f.date(moment, now),
      moment: (moment: string, now: number) => f.moment(moment, now),
      number: (value: number) => String(value),
      secret: "Secret",
      happened: "What happened",
      happenedNote: "Kept on this computer only, without secrets.",
      unlink: "Unlink…",
      linkThere: "Link there",
      notice: {
        moved: (at: string, to: string | null) =>
          to === null
            ? rich`${whole(at)} sends you on to another address. Ask your admin where your GitLab is now.`
            : rich`${whole(at)} sends you on to ${whole(to)}. If that is your GitLab now, link your account there. This one stays until you unlink it.`,
        expiring: (days: number) =>
          rich`This token dies ${f.inDays(days)}. Create a new one on GitLab and link again with it.`,
        expired: (byApp: boolean, on: string | null, now: number) =>
          byApp
            ? rich`This sign-in has ended. Link again in your browser.`
            : on === null
              ? rich`This token has expired. Link again with a new one.`
              : rich`This token expired on ${f.date(on, now)}. Link again with a new one.`,
        revoked: (byApp: boolean, noticed: string | null, now: number) => {
          const how = byApp ? "in your browser" : "with a new one";
          const what = byApp ? "sign-in" : "token";
          return noticed === null
            ? rich`GitLab no longer accepts this ${what}. Link again ${how}.`
            : rich`GitLab no longer accepts this ${what}; LabLink noticed on ${f.date(noticed, now)}. Link again ${how}.`;
        },
        wider: (byApp: boolean, names: readonly string[]) =>
          rich`This ${byApp ? "sign-in" : "token"} may do more than it needs to: ${f.list(names.map(verb))}. Whoever got hold of it could, too. ${byApp ? "Edit its permissions" : "Link again with a narrower one"}.`,
        tooNarrow: (byApp: boolean, names: readonly string[]) =>
          byApp
            ? rich`It works, but ${lacks(names)}. For more, edit its permissions.`
            : rich`This token works, but ${lacks(names)}. For more, link again with a token that can.`,
      },
    },

    times: (count: number, last: string) => f.count(count, { one: last, other: `# times, last ${last}` }),
    event: (what: string, detail: string | null, address: string | null): string => {
      const about = address === null ? "" : ` for ${address}`;
      switch (what) {
        case "linked":
          return "Linked";
        case "renamed":
          return detail === null ? "Renamed" : `Renamed, it was “${detail}”`;
        case "relinked":
          return detail?.startsWith("@") ? `Linked again, as ${detail}` : "Linked again";
        case "token_given":
          return `Token given to ${detail ?? "a program"}${about}`;
        case "token_refused":
          return `GitLab refused the token${about}${detail === null ? "" : `, says ${detail}`}`;
        case "old_left_alive":
          return "GitLab did not revoke what it signed in with before";
        case "rotated":
          return "Token rotated";
        case "not_rotated":
          return "Token could not be rotated";
        case "rotation_on":
          return "Set to rotate by itself";
        case "rotation_off":
          return "Set not to rotate by itself";
        case "authority_trusted":
          return detail === null ? "Another authority trusted for its GitLab" : `“${detail}” trusted for its GitLab`;
        case "renewed":
          return "Renewed by itself";
        case "permitted":
          return "Given other permissions";
        case "health_changed":
          switch (detail) {
            case "linked":
              return "Works again";
            case "expiring":
              return "Will expire soon";
            case "expired":
              return "Expired";
            case "revoked":
              return "GitLab refused the token, twice";
            case "too_narrow":
              return "Found to lack permissions";
            case "refused":
              return "GitLab refused it";
            case "unreachable":
              return "Could not be reached";
            default:
              return "Changed";
          }
        default:
          return "Changed";
      }
    },

    rotate: {
      title: (name: string) => `Rotate the token of “${name}”?`,
      text: "GitLab gives LabLink a new token and ends the old one at once. Other programs that use the old one stop working.",
      action: "Rotate now",
      short: "Rotate…",
      running: "Rotating…",
      byItself: "Rotate by itself",
      about: "While LabLink runs, 30 days before it ends. Other programs that use this token stop working then.",
    },

    trust: {
      title: {
        looking: (at: string) => `Who vouches for ${at}?`,
        asks: (at: string) => `Trust another authority for ${at}?`,
        storing: (at: string) => `Trust another authority for ${at}?`,
        refused: (at: string) => `Nobody can be trusted for ${at}`,
      },
      looking: "Asking it for its certificate…",
      beware: "Your company may have a new one. Or somebody stands between you and your GitLab.",
      authority: "Authority",
      fingerprint: "Its fingerprint",
      insteadOf: (names: readonly string[]) => `No longer trusted there: ${f.list(names)}.`,
      compared: "My admin gave me this fingerprint by another way",
      only: (at: string) => `LabLink trusts it for ${at} only.`,
      notYet: "First, compare the fingerprint.",
      action: "Trust it",
    },

    rename: {
      title: (name: string) => `Rename “${name}”`,
      action: "Rename",
    },

    link: {
      step: (at: number, of: number) => `Step ${f.number(at)} of ${f.number(of)}`,
      where: "Where is your GitLab?",
      whichLegend: "Which GitLab?",
      gitlabCom: "GitLab.com",
      company: "Your company’s GitLab",
      address: "GitLab address",
      addressHint: "Paste any page of it, or a clone address.",
      looking: (at: string) => rich`Looking at ${at}…`,
      found: (at: string) => rich`GitLab found at ${strong(at)}`,
      foundUpgraded: (at: string) => rich`GitLab found at ${strong(at)}, over https`,
      foundPlain: (at: string) => rich`GitLab found at ${strong(at)}. The connection is not encrypted.`,
      consent: (at: string) =>
        rich`The connection to ${whole(at)} is not encrypted. Anyone on the network can read your token.`,
      consentOption: (at: string) => `Use it unencrypted for ${at} all the same`,
      certificate: {
        subject: "Issued to",
        issuer: "Signed by",
        notAfter: "Valid until",
        fingerprint: "Fingerprint",
        date: (day: string) => f.date(day, Date.now()),
        compare: "Compare the fingerprint with one your admin gave you by another way.",
      },
      name: "Display name",
      nameHint: "Yours alone on this computer, for example “Work”.",
      next: "Next",
      notYet: {
        address: "First, type the address of your GitLab.",
        looking: "LabLink is still looking at this address.",
        addressBad: "This address does not work yet.",
        name: "First, give the account a name of its own.",
        token: "First, paste an access token.",
        tokenBad: "This token does not work.",
        app: "First, this GitLab needs to know LabLink.",
        keychain: "First, LabLink needs a place to keep the secret.",
      },
      signIn: (at: string) => `Sign in to ${at}`,
      again: (name: string) => `Link ${name} again`,
      methodsLegend: "How do you sign in?",
      otherWay: "Another way",
      method: {
        app: "App login",
        token: "Access token",
        device: "Code on another device",
        sub: {
          app: "You sign in in your browser, and it renews by itself.",
          token: "You create it on GitLab and paste it here.",
          device: "For a computer whose browser you cannot use.",
        },
        notSetUp: "Not set up on this GitLab yet.",
        recommended: "Recommended",
      },
      createToken: "Create a token on GitLab",
      createTokenHint: "Its name and permissions are filled in.",
      createWider: "Create one that can",
      asItIs: "Or link it as it is: the rest works.",
      token: "Access token",
      paste: "Paste",
      pasted: "Pasted",
      asking: (at: string) => rich`Asking ${at} what this token can do…`,
      isWhose: (user: string | null, kind: string) =>
        user === null ? `This ${lower(kind)} works.` : `This is @${user}’s ${lower(kind)}.`,
      until: (day: string, now: number) => ` It expires on ${f.date(day, now)}.`,
      forEver: " It does not expire.",
      checked: (whose: string, until: string) => rich`${whose}${until}`,
      narrow: (names: readonly string[]) => rich`The token works, but ${lacks(names)}.`,
      looksWrong: (kind: string) =>
        rich`This looks like ${wrongKind(kind)}, not an access token. Paste an access token, or try this one all the same.`,
      link: "Link account",
      linkAsItIs: "Link as it is",
      linking: "Linking…",
      failed: (name: string) => `“${name}” was not linked`,
      failedNote: "Nothing was stored.",
      leaveTitle: "Stop linking?",
      leaveText: "The token you pasted is not kept, and GitLab does not show it again.",
      leaveStay: "Go on linking",
      leaveGo: "Stop",
    },

    done: {
      title: (name: string) => `${name} is linked`,
      again: (name: string) => `${name} is linked again`,
      youAre: "You are",
      itIs: "It is",
      can: "It can",
      canValue: (granted: readonly string[]) => capital(granting(granted)),
      canUnknown: "This GitLab does not tell",
      cannot: "It cannot",
      secretIn: "The secret is in",
      expires: "Expires",
    },

    login: {
      opens: (at: string) => `Your browser opens ${at}. Sign in there, then press Authorize.`,
      change: "Change",
      asksFor: (names: readonly string[]) => `It asks for: ${granting(names)}.`,
      onePress: "In your browser",
      waiting,
      starting: "Opening your browser…",
      opened: (at: string) => `${at} is open in your browser. Sign in there, then press Authorize.`,
      browser: {
        failed: rich`Your browser could not be opened. Copy the link and open it yourself, or use a code.`,
        unsure: rich`Your browser does not say whether it opened. If it did not, copy the link and open it yourself.`,
      },
      left: (seconds: number) => `${f.number(Math.floor(seconds / 60))}:${f.twoDigits(seconds % 60)} left`,
      openAgain: "Open again",
      copyLink: "Copy link",
      useCode: "Use a code instead",
      finishing: (name: string) => `GitLab said yes. “${name}” is being linked…`,
      showsCode: "LabLink shows you a code. You type it on a phone or another computer where you can sign in.",
      codeNeedsApp: "A code works once app login is set up on this GitLab.",
      setUp: "Set up app login",
      showCode: "Show code",
      code: "Getting your code",
      askingCode: (at: string) => `Asking ${at} for a code…`,
      typeCode: "Type this code on another device",
      openThere: (at: string) => rich`Open ${strong(at)} there, or scan the picture.`,
      spelled: (text: string) => Array.from(text).join(" "),
      copyCode: "Copy code",
      qr: "QR code of the address and the code",
      isThisYou: "Is this you?",
      initials: (text: string) => text.toLocaleUpperCase(locale),
      whoWhere: (user: string | null, at: string) => (user === null ? `On ${at}` : `@${user} on ${at}`),
      may: (names: readonly string[]) => `It may: ${granting(names)}.`,
      nothingKept: "Somebody signed in with the code. LabLink keeps nothing until you say yes.",
      no: "No, cancel",
      yes: "Yes, link account",
    },

    relink: {
      handle: (user: string) => `@${user}`,
      title: (who: string) => `This is ${who}`,
      text: (name: string, was: string | null, who: string) =>
        was === null
          ? `“${name}” was another user. Use ${who} from now on? Nothing changes until you say yes.`
          : `“${name}” was @${was}. Use ${who} from now on? Nothing changes until you say yes.`,
      no: "No, keep it as it was",
      yes: (who: string) => `Yes, use ${who}`,
    },

    setUp: {
      lead: "This GitLab does not know LabLink yet. One person sets it up, once, for everybody.",
      ask: "Ask your admin",
      askSub: "Copies a message with everything they need",
      asked: "Copied. Send it to them",
      register: "Register it yourself",
      registerSub: "Or paste the application ID you were given",
      name: "Name",
      copyName: "Copy the name",
      redirect: "Redirect address",
      copyRedirect: "Copy the redirect address",
      confidential: "Confidential",
      confidentialNo: "No, leave it unticked",
      permissions: "Permissions",
      openUser: "Open your applications on GitLab",
      openAdmin: "The admin’s, for everybody",
      id: "Application ID",
      copyId: "Copy the application ID",
      idHint: "GitLab shows it when the application is saved.",
      typed: rich`Link account signs you in with it. It is kept when that works.`,
      secret: "Its secret, if it is confidential",
      secretHint: "Kept where your tokens are, and nowhere else.",
      message: (r: RegisteringView) =>
        `Hello,

please let us sign in to ${r.host} with LabLink. It takes one application, added once for everybody:

1. Open ${r.admin_page} and add an application.
2. Name: ${r.name}
3. Redirect URI: ${r.redirect}
4. Leave “Confidential” unticked: LabLink runs on our own computers, where no program can keep a secret.
5. Scopes: ${r.scopes.join(", ")}
6. Save it, and send me the application ID. It is not secret.

Thank you`,
    },

    instance: {
      add: "Add a GitLab",
      line: (source: string, accounts: string) => `${source}. ${capital(accounts)}.`,
      signIn: "Sign in",
      share: "Share link profile…",
      registration: "App registration",
      kind: "Kind",
      public: "Public, without a secret",
      withSecret: "Confidential, with a secret kept here",
      mayAsk: "It may ask for",
      another: "Register another…",
      connection: "Connection",
      address: "Address",
      version: "Version",
      authority: "Extra certificate authority",
      authorityValue: (subject: string | null) =>
        subject === null ? "One, for this GitLab only" : `${subject}, for this GitLab only`,
      managed: "Your company manages this GitLab for you, so nothing here can be changed.",
      registerTitle: (at: string) => `Register LabLink on ${at}`,
      registerLead: "Add an application on GitLab with these settings, then sign in with the ID it shows you.",
      onGitlab: "1. On GitLab",
      here: "2. Here",
      hereText: "You paste the application ID in the next step. It is kept once a full sign-in has proven it.",
      prove: "Sign in to prove it",
      remove: "Remove this GitLab…",
      inUse: "Accounts are linked here. Unlink them first.",
      removeTitle: (at: string) => `Remove ${at}?`,
      removeText:
        "LabLink forgets its address, its app registration and the authority trusted for it. Nothing changes on GitLab.",
      removeAct: "Remove",
    },

    profile: {
      have: "I have a link profile",
      haveSub: "A file or a link a colleague gave you",
      text: "Link profile",
      hint: "Paste its link or its text, or drop its file here. It holds no secret.",
      notYet: "First, paste a link profile.",
      choose: "Choose a file…",
      title: {
        paste: () => "What did your colleague give you?",
        new: (at: string) => `Set up ${at}?`,
        same: (at: string) => `${at} is set up already`,
        differs: (at: string) => `Change ${at}?`,
        locked: (at: string) => `${at} is set by your company`,
        invalid: () => "This is no link profile",
      },
      lead: {
        paste: "A link profile sets up app login, so that you only sign in.",
        new: "This link profile lets you sign in there with your browser. Look whether you know the address.",
        same: "This link profile says what LabLink knows. You can link an account.",
        differs: "This link profile says otherwise than LabLink knows. Replace it only if you know why.",
        locked: "So a link profile changes nothing about it.",
        invalid: "Nothing was taken from it.",
      },
      act: {
        paste: "Look at it",
        new: "Take it",
        same: "Close",
        differs: "Replace",
        locked: "Close",
        invalid: "Close",
      },
      /** The same where it leads on to signing in. */
      andSignIn: {
        paste: null,
        new: "Take it and sign in",
        same: "Sign in",
        differs: "Replace and sign in",
        locked: null,
        invalid: null,
      },
      authority: (subject: string, at: string) =>
        rich`It also brings a certificate authority, “${subject}”. LabLink will trust it for ${whole(at)} only.`,
      changes: "What would change",
      what: (what: string, at: string): string => {
        const names: Record<string, string> = {
          application_id: "Application ID",
          confidential: "Kind of application",
          scopes: "Permissions",
          authority: "Certificate authority",
        };
        return `${names[what] ?? what} of ${at}`;
      },
      now: "Here",
      then: "In the profile",
      nothing: "not set",
      share: (at: string) => `Link profile of ${at}`,
      shareText: "Whoever takes it only signs in: it holds the address and the application, and no secret.",
      qr: "QR code of the link profile",
      copyFile: "Copy as text",
    },

    permissions: {
      title: {
        choose: (name: string) => `What may “${name}” do?`,
        waiting: () => waiting,
        finishing: () => waiting,
        done: (name: string) => `“${name}” has its new permissions`,
        failed: (name: string) => `“${name}” is as it was`,
      },
      text: (at: string) =>
        `GitLab asks you in your browser, at ${at}. The new sign-in is proven before the old one is revoked.`,
      raw: (scope: string) => scope,
      proving: "Proving the new sign-in…",
      ask: "Ask GitLab",
      unchanged: "First, change something.",
    },

    unlink: {
      title: (name: string) => `Unlink “${name}”?`,
      running: (name: string) => `Unlinking “${name}”`,
      stopped: (name: string) => `“${name}” is not unlinked yet`,
      doneTitle: (name: string) => `“${name}” is unlinked`,
      text: (byApp: boolean, user: string | null, at: string, place: PlaceView) => {
        const secret = byApp ? "login" : "token";
        return user === null
          ? rich`Your tools stop signing in to ${whole(at)} with it, and the ${secret} is deleted from ${places[place]}.`
          : rich`Your tools stop signing in as @${user} on ${whole(at)}, and the ${secret} is deleted from ${places[place]}.`;
      },
      revoke: (byApp: boolean) => `${byApp ? "End the login" : "Revoke the token"} at GitLab too`,
      revokeHint: (byApp: boolean) =>
        byApp
          ? "It is this computer’s alone. Your other logins go on."
          : "Leave this on unless another computer uses the same token.",
      action: "Unlink",
      wait: "This takes a few seconds.",
      later: "Unlink now, revoke later",
      laterNote:
        "Unlinked now, the account goes at once. LabLink keeps the secret and goes on trying until it is revoked.",
      hereOnly: "Forget it here only",
      hereOnlyNote: (byApp: boolean) =>
        byApp
          ? "Forgotten here only, the login still works at GitLab until you revoke LabLink there, under Applications."
          : "Forgotten here only, the token still works at GitLab until you revoke it there, under Access tokens.",
      tryAgain: "Try again",
      step: (byApp: boolean, step: string, state: string, at: string, place: PlaceView): string | null => {
        switch (step) {
          case "revoke":
            if (state === "done") return `Revoked at ${at}`;
            if (state === "busy") return `Revoking at ${at}`;
            if (state === "skipped") return `Not revoked at ${at}: the ${byApp ? "login" : "token"} still works there`;
            if (state === "later") return `Not revoked at ${at} yet: LabLink goes on trying`;
            if (state === "failed") return `Not revoked at ${at}`;
            return `Revoke at ${at}`;
          case "prove":
            if (state === "done") return "GitLab refuses it now";
            if (state === "busy") return "Making sure it no longer works";
            if (state === "skipped") return null;
            if (state === "failed") return "It still works at GitLab";
            return "Make sure it no longer works";
          case "forget_secret":
            if (state === "done") return `Secret deleted from ${places[place]}`;
            if (state === "busy") return `Deleting the secret from ${places[place]}`;
            if (state === "later") return `Until then the secret stays in ${places[place]}`;
            if (state === "failed") return `Secret not deleted from ${places[place]}`;
            return `Delete the secret from ${places[place]}`;
          case "forget_account":
            if (state === "done") return "Forgotten on this computer";
            if (state === "busy") return "Forgetting it on this computer";
            if (state === "failed") return "Not forgotten on this computer";
            return "Forget it on this computer";
          default:
            return null;
        }
      },
    },

    waiting: {
      title: "Waiting to be revoked",
      note: "These accounts are unlinked. Their tokens still work at GitLab until it answers LabLink.",
      line: (name: string, user: string | null, at: string) =>
        user === null ? `${name} · ${at}` : `${name} · @${user} · ${at}`,
      sub: (since: string, now: number, why: string | null) =>
        [`Unlinked ${f.ago(since, now) ?? "just now"}`, shortReason(why)].filter(Boolean).join(" · "),
      tryNow: "Try now",
      giveUp: "Give up…",
      giveUpTitle: (name: string) => `Leave the token of “${name}” alive?`,
      giveUpText: (at: string) =>
        rich`LabLink forgets it. It works at ${whole(at)} until it expires or you revoke it there.`,
      giveUpAct: "Leave it alive",
    },

    keychain: {
      title: "Where shall LabLink keep your secrets?",
      lead: "This computer runs no keychain, the place where programs keep passwords. LabLink never writes a secret unencrypted.",
      legend: "Where?",
      inKeychain: "In a keychain",
      recommended: "Recommended",
      inKeychainSub: "Install GNOME Keyring or KDE Wallet, start it, then try again.",
      retry: "Try again",
      inFile: "In an encrypted file",
      inFileSub: "You type its passphrase once after each start of LabLink.",
      passphrase: "Passphrase",
      passphraseHint: "Nobody can recover it. If it is lost, you link your accounts again.",
      again: "The same again",
      same: rich`The same`,
      notSame: rich`Not the same yet`,
      use: "Use an encrypted file",
      notYet: {
        passphrase: "First, type a passphrase.",
        again: "First, type the same passphrase again.",
      },
      openTitle: "Open your secrets",
      openLead: "Your secrets are in an encrypted file. Type its passphrase, and LabLink can use them until it ends.",
      open: "Open",
      opening: "Opening…",
      ready: "Your secrets can be kept.",
    },

    instances: {
      title: (count: number) => f.count(count, { one: "# GitLab instance", other: "# GitLab instances" }),
      lead: "Every one that LabLink knows on this computer",
      list: "GitLab instances",
      source: (source: string): string => {
        switch (source) {
          case "built_in":
            return "Built in";
          case "link_profile":
            return "From a link profile";
          case "managed":
            return "Set by your company";
          default:
            return "Typed";
        }
      },
      managed: "Managed",
      appLogin: { ready: "App login ready", not_set_up: "Tokens only" },
      notEncrypted: "Not encrypted",
      authority: "own authority trusted",
      accounts: (count: number) =>
        count === 0 ? "no account yet" : f.count(count, { one: "# account", other: "# accounts" }),
      line: (parts: readonly string[]) => parts.join(" · "),
      version: (version: string) => `GitLab ${version}`,
      openFor: (at: string) => `Open ${at} in your browser`,
    },

    settings: {
      title: "Settings",
      computer: "On this computer",
      atLogin: "Start at login",
      atLoginSub: (tray: boolean) => (tray ? "In the tray, without a window" : "With its window"),
      closing: "Keep running when the window closes",
      closingTray: "Accounts are renewed and checked only while LabLink runs",
      closingEnds: "LabLink ends with its window, because this desktop has no tray",
      checking: "Check accounts",
      checkEvery: { 15: "Every 15 minutes", 60: "Every hour", 240: "Every 4 hours", 1440: "Once a day" },
      notices: "Tell me before an account expires",
      noticesSub: "30, 7 and 1 days before, and once when it is dead",
      noticesAbsent: "This desktop shows no notifications: the list of accounts tells you instead",
      secrets: "Secrets",
      secretsUnknown: "Not asked yet",
      secretsReady: "Unlocked: LabLink keeps the secrets of your accounts here",
      secretsLocked: "Locked",
      secretsAbsent: "No keychain on this computer",
      secretsFileLocked: "Waits for its passphrase",
      keychain: "Keychain",
      test: "Check",
      trouble: "If something goes wrong",
      logs: "Logs",
      openFolder: "Open folder",
      report: "Report",
      reportSub: "Versions, states and the last errors, without names of hosts and without secrets",
      copyReport: "Copy report",
      copied: "Copied",
      about: (version: string) => `LabLink ${version}. It sends nothing to anyone but your GitLab.`,
    },

    said: {
      renamed: (name: string) => `Renamed to ${name}.`,
      failed: (text: string) => text,
    },
  };
}

/** The shape every language has. */
export type Messages = ReturnType<typeof english>;
