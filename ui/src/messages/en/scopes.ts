// What scopes allow, in words.

import type { formats } from "../formats";
import { code, type Rich, rich } from "../text";

export function scopeWords(f: ReturnType<typeof formats>) {
  /** What a scope allows, as a task; unknown ones stand for themselves. */
  const scopes: Record<string, string> = {
    api: "Use the API",
    read_api: "Read through the API",
    read_user: "Read your profile",
    read_repository: "Read code",
    write_repository: "Push code",
    read_registry: "Pull container images",
    write_registry: "Push container images",
    create_runner: "Create runners",
    manage_runner: "Manage runners",
    self_rotate: "Rotate itself",
    sudo: "Act as another user",
    admin_mode: "Use admin rights",
    ai_features: "Use the features of GitLab Duo",
    k8s_proxy: "Reach Kubernetes clusters",
  };

  const lower = (text: string) => (/^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);
  const verb = (scope: string) => lower(scopes[scope] ?? scope);

  /** What scopes allow, as one phrase. */
  const granting = (granted: readonly string[]): string => {
    // Reading and pushing code are one thing to a person.
    const both = granted.includes("read_repository") && granted.includes("write_repository");
    const words = granted
      .filter((scope) => !(both && scope === "read_repository"))
      .map((scope) => (both && scope === "write_repository" ? "read and write code" : verb(scope)));
    return words.length === 0 ? "sign in" : words.join(", ");
  };
  const lacks = (missing: readonly string[]): Rich => {
    const names = missing.map((scope) => rich`${code(scope)}`);
    const joined = names.reduce<Rich>(
      (all, name, at) => (at === 0 ? name : at === names.length - 1 ? rich`${all} and ${name}` : rich`${all}, ${name}`),
      [],
    );
    return rich`cannot ${f.list(missing.map(verb))}: it lacks ${joined}`;
  };

  return { scopes, lower, verb, granting, lacks };
}
