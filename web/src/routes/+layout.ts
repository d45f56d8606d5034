// One page that draws itself: nothing is rendered beforehand.
export const ssr = false;
export const prerender = false;
export const trailingSlash = 'never';
