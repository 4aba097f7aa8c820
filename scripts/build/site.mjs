export async function buildSite(out) { void out; }
