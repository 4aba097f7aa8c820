// @ts-check
export async function measureCost() {}
