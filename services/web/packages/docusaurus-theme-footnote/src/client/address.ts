/** The API's absolute address, without a trailing slash, from the option `apiUrl`. */
export function apiAddress(apiUrl: string): string {
  return new URL(`${apiUrl}/`, window.location.href).href.replace(/\/$/, '');
}
