// Requests to the service, and what happens where it asks for an API key that the browser has not given yet.

export const SESSION = "/v1/session";
const UNAUTHENTICATED = 401;

let listener: () => void = () => undefined;

/** Call `onSignedOut` whenever the service answers that nobody is signed in. */
export function whenSignedOut(onSignedOut: () => void): void {
  listener = onSignedOut;
}

/** As `fetch`; every request of the page is sent here. */
export async function send(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(path, init);
  if (response.status === UNAUTHENTICATED && path !== SESSION) listener();
  return response;
}
