const PATTERN = /^[a-z0-9][a-z0-9-]{0,63}$/;
/** Paths of the service below `/v1/flows/`, and folder names that Windows does not allow. */
const RESERVED = /^(?:reload|con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** Valid names of flows; the folder of a flow has the same name. */
export const FLOW_NAME_RULE =
  "1 to 64 of a-z, 0-9 and '-', the first no '-', and no reserved word (reload, con, nul, …)";

/** Whether a flow may have this name. */
export function isFlowName(name: string): boolean {
  return PATTERN.test(name) && !RESERVED.test(name);
}
