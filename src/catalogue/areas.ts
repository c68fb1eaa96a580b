/** What the codes of an area are about, by the digit after `ICE`. */
export const AREAS: Readonly<Record<string, string>> = {
  1: 'The file and the command line',
  2: 'Vault',
  3: 'Kubernetes',
  4: 'Plan and apply',
  5: 'Verify',
  6: 'The sandbox',
  7: 'Policies and who can do what',
  8: 'Ways to bring secrets to pods',
  9: 'What doctor finds',
}
