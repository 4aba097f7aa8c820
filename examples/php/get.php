#!/usr/bin/env php
<?php

/**
 * How to call an HTTP API that stands behind lastgood, with PHP's cURL (8.1 or newer).
 *
 *   php get.php URL [--method POST] [--data TEXT] [--key IDEMPOTENCY_KEY]
 *                   [--elsewhere URL] [--deadline SECONDS]
 *
 * Prints the body and ends with 0. Otherwise says why on stderr and ends with
 * 1 (gave up), 2 (called wrongly) or 3 (it may have been carried out).
 */

declare(strict_types=1);

const ACCEPT = 'application/problem+json, application/json';
const CONNECT_SECONDS = 5;

/** With these something in between says that it failed; others are an answer. */
const PASSING = [429, 502, 503, 504, 520, 521, 522, 523, 524];

/** An attempt that came to nothing, and what that allows. */
final class Failure extends RuntimeException
{
    /**
     * @param string $applied   "no", or "unknown" if it may have been; a read changes nothing
     * @param bool   $again     whether the same server may be asked the same once more
     * @param ?float $retryAfter when, in seconds
     * @param bool   $isFinal   the service itself said so: another would say the same
     */
    public function __construct(
        string $title,
        public readonly string $cause,
        public readonly string $applied,
        public readonly bool $again,
        public readonly ?float $retryAfter = null,
        public readonly bool $isFinal = false,
        public readonly ?int $status = null,
        public readonly ?string $requestId = null,
    ) {
        parent::__construct($title);
    }

    public function advice(): string
    {
        if ($this->applied === 'unknown') {
            return 'It may have been carried out: check before you send it again.';
        }
        if (!$this->again) {
            return 'Look into it before you send it again.';
        }
        $when = $this->retryAfter ? 'in ' . ceil($this->retryAfter) . ' seconds' : 'later';
        return "Nothing was changed: you may send it again $when.";
    }

    public function inWords(): string
    {
        $known = array_filter([
            $this->cause,
            $this->status ? "status $this->status" : null,
            $this->requestId ? "request $this->requestId" : null,
        ]);
        return "{$this->getMessage()} (" . implode(', ', $known) . ").\n{$this->advice()}\n";
    }
}

function isSafe(string $method): bool
{
    return in_array($method, ['GET', 'HEAD'], true);
}

/**
 * The body of a good answer.
 *
 * @throws Failure without one until the deadline
 */
function call(
    string $url,
    string $method = 'GET',
    ?string $data = null,
    ?string $key = null,
    ?string $elsewhere = null,
    float $deadline = 30,
): string {
    $end = microtime(true) + $deadline;
    $failure = $doubt = null;
    foreach (array_filter([$url, $elsewhere]) as $server) {
        // The first of two may have half of the time.
        $until = $elsewhere && !$failure ? $end - $deadline / 2 : $end;
        for ($pause = 1; ; $pause *= 2) {
            // To stop waiting for a write would leave it in doubt.
            $limit = (isSafe($method) ? $until : $end) - microtime(true);
            try {
                return attempt($server, $method, $data, $key, $limit);
            } catch (Failure $error) {
                $failure = $error;
            }
            if ($failure->applied === 'unknown') {
                $doubt ??= $failure;
            }
            // All who were sent away together should not come back together.
            $wait = ($failure->retryAfter ?? $pause) * (1 + mt_rand() / mt_getrandmax() / 4);
            if (!$failure->again || microtime(true) + $wait >= $until) {
                break;
            }
            usleep((int) ($wait * 1e6));
        }
        // Another server need not know the key, and cannot tell what this one did.
        if ($doubt || $failure->isFinal || microtime(true) >= $end) {
            break;
        }
    }
    throw $doubt ?? $failure;
}

function attempt(string $url, string $method, ?string $data, ?string $key, float $limit): string
{
    $fields = [];
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_NOBODY => $method === 'HEAD',
        CURLOPT_HTTPHEADER => array_filter([
            'Accept: ' . ACCEPT,
            $data === null ? 'Content-Type:' : 'Content-Type: application/json',
            $key === null ? null : "Idempotency-Key: $key",
        ]),
        // A failure after a redirect would say nothing about the write before it.
        CURLOPT_FOLLOWLOCATION => isSafe($method),
        CURLOPT_MAXREDIRS => 5,
        CURLOPT_ENCODING => '', // whatever it can unpack
        CURLOPT_NOSIGNAL => true,
        CURLOPT_CONNECTTIMEOUT => CONNECT_SECONDS,
        CURLOPT_TIMEOUT_MS => (int) max(1, $limit * 1000),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HEADERFUNCTION => function ($_, string $line) use (&$fields): int {
            if (str_starts_with($line, 'HTTP/')) {
                $fields = []; // another answer begins
            } elseif (str_contains($line, ':')) {
                [$name, $value] = explode(':', $line, 2);
                $fields[strtolower($name)] = trim($value);
            }
            return strlen($line);
        },
    ]);
    if (!isSafe($method)) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, $data ?? '');
    }
    $body = curl_exec($curl); // false as well if it breaks off before its Content-Length
    if ($body === false) {
        throw withoutAnswer($curl, isSafe($method), $key);
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    if ($status >= 200 && $status < 300) {
        return (string) $body;
    }
    throw fromAnswer($status, $fields, (string) $body, isSafe($method), $key);
}

function withoutAnswer(CurlHandle $curl, bool $safe, ?string $key): Failure
{
    // Nothing was sent where not even the connection was ready for it.
    $unsent = curl_getinfo($curl, CURLINFO_PRETRANSFER_TIME) == 0;
    $begun = curl_getinfo($curl, CURLINFO_RESPONSE_CODE) > 0;
    [$title, $cause] = match (true) {
        $unsent => ['There is no connection to the server', 'network'],
        curl_errno($curl) === CURLE_OPERATION_TIMEDOUT => ['No whole answer came in time', 'timeout'],
        $begun => ['The answer broke off in the middle', 'truncated'],
        default => ['The connection broke before an answer came', 'network'],
    };
    $applied = $safe || $unsent ? 'no' : 'unknown';
    return new Failure($title, $cause, $applied, again: $applied === 'no' || $key !== null);
}

/** @param array<string, string> $fields */
function fromAnswer(int $status, array $fields, string $body, bool $safe, ?string $key): Failure
{
    $said = problemIn($fields['content-type'] ?? '', $body);
    $facts = [
        'status' => $status,
        'requestId' => $said['request_id'] ?? $fields['x-request-id'] ?? null,
        'retryAfter' => seconds($fields['retry-after'] ?? null),
    ];
    if ($said) {
        $applied = $safe || ($said['applied'] ?? '') === 'no' ? 'no' : 'unknown';
        $again = $applied === 'no' ? $said['retryable'] : $key !== null;
        return new Failure($said['title'], $said['cause'], $applied, $again, ...$facts);
    }
    // The service's own error, or that of something in between that says no more.
    $applied = $safe || ($status >= 400 && $status < 500) ? 'no' : 'unknown';
    $again = in_array($status, PASSING, true) && ($safe || $key !== null);
    $title = 'The server answered with an error';
    return new Failure($title, 'unexplained', $applied, $again, ...$facts, isFinal: !$again);
}

/** Problem details (RFC 9457), if it is lastgood that gives them. */
function problemIn(string $type, string $body): ?array
{
    if (!preg_match('~^application/(problem\+)?json\b~i', $type)) {
        return null;
    }
    $said = json_decode($body, true);
    $ours = is_bool($said['retryable'] ?? null)
        && is_string($said['title'] ?? null)
        && is_string($said['cause'] ?? null)
        && is_string($said['request_id'] ?? null);
    return $ours ? $said : null;
}

/** Retry-After is a number of seconds or a date. */
function seconds(?string $value): ?float
{
    if ($value === null || ctype_digit($value)) {
        return $value === null ? null : max(1, (float) $value);
    }
    $date = strtotime($value);
    return $date === false ? null : max(1, $date - microtime(true));
}

/** @return array<string, mixed> what `call` takes */
function readCommandLine(array $words): array
{
    $urls = $asked = [];
    while ($words) {
        $word = array_shift($words);
        if (preg_match('/^--(method|data|key|elsewhere|deadline)(=(.*))?\z/s', $word, $found)) {
            $asked[$found[1]] = $found[3] ?? array_shift($words) ?? misuse();
        } elseif (str_starts_with($word, '--')) {
            misuse();
        } else {
            $urls[] = $word;
        }
    }
    $asked += ['url' => $urls[0] ?? '', 'deadline' => '30'];
    $asked += ['method' => isset($asked['data']) ? 'POST' : 'GET'];
    $proper = count($urls) === 1
        && preg_match('~^https?://.~', $asked['url'])
        && preg_match('~^https?://.~', $asked['elsewhere'] ?? $asked['url'])
        && preg_match('/^[A-Z]+\z/', $asked['method'])
        && !(isset($asked['data']) && isSafe($asked['method']))
        && preg_match('/^[\x21-\x7e]+\z/', $asked['key'] ?? 'none')
        && (float) $asked['deadline'] > 0;
    return $proper ? ['deadline' => (float) $asked['deadline']] + $asked : misuse();
}

function misuse(): never
{
    fwrite(STDERR, "Called wrongly: see the first lines of this file\n");
    exit(2);
}

try {
    echo call(...readCommandLine(array_slice($argv, 1)));
} catch (Failure $failure) {
    fwrite(STDERR, $failure->inWords());
    exit($failure->applied === 'unknown' ? 3 : 1);
}
