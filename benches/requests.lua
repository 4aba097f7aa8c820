-- One visitor's browser: 12 request headers, 1,000 URLs in turn.
-- With the argument "fresh" no URL comes twice, so that every answer is kept; with
-- "failing" an answer of any status is as it should be.
local headers = {
  ["Host"] = "shop.example",
  ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  ["Accept-Encoding"] = "gzip, deflate, br",
  ["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.8",
  ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120 Safari/537.36",
  ["Sec-Fetch-Mode"] = "navigate",
  ["Sec-Fetch-Dest"] = "document",
  ["Sec-Fetch-Site"] = "none",
  ["Sec-CH-UA"] = '"Chromium";v="120"',
  ["Upgrade-Insecure-Requests"] = "1",
  ["Referer"] = "http://shop.example/list",
  ["DNT"] = "1",
}
local ready, sent, fresh = {}, 0, nil
local thread = nil

function setup(one) thread = one end

function init(args)
  fresh = args[1] == "fresh" and args[2]
  failing = args[1] == "failing"
  for n = 1, 1000 do
    ready[n] = wrk.format("GET", wrk.path .. "/item-" .. n .. "?ref=list", headers)
  end
end

function request()
  sent = sent + 1
  if not fresh then return ready[sent % 1000 + 1] end
  return wrk.format("GET", wrk.path .. "/item-" .. sent .. "?run=" .. fresh, headers)
end

function done(summary)
  local e = summary.errors
  if thread:get("failing") then e.status = 0 end
  io.write(string.format(
    '\n{"requests":%d,"errors":%d}\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout
  ))
end
