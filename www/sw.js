// @ts-check
/// <reference lib="webworker" />
// The service worker of this site. Settings would stand here: self.LASTGOOD = { … };
importScripts("/lastgood/sw.js");
