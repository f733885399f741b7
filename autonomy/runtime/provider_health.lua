-- One operation on the health of one endpoint: the arithmetic of endpoint.py, rate.py and circuit.py
-- in autonomy/core/llm, with their constants. See there for what it means, and change both.
--
-- KEYS  endpoint (hash), memory (hash), workers (sorted set), endpoints (sorted set)
-- ARGV  operation, run id of the server, then by operation
-- Gives now, workers, the answer ("admitted" wait probe token slot | "refused" kind seconds |
--       "opened" | "closed" | ""), then the fields of the endpoint: all strings, since Redis would
--       cut numbers to whole ones.

local WINDOW, LOWEST, SHARE, CUT, GROWTH, AT_ONCE, KEPT, GONE = 10, 0.5, 0.25, 2, 0.1, 0.1, 0.8, 2
local LONGEST_HOLD, PROBE, SLIP, QUIET = 3600, 1, 0.5, 300
local LIMITED_TIMES, LIMITED_SECONDS = 2, 10
local KEEP, WORKER_SECONDS = 3600, 60
local FIELDS = {
  'since', 'seen', 'tat', 'interval', 'tolerance', 'rate', 'ceiling', 'grown_at', 'cut_at',
  'epoch', 'hold_until', 'window', 'count', 'before', 'failures', 'failed_at', 'limited',
  'limited_at', 'generation', 'open_until', 'openings', 'closed_at', 'lease_until', 'lease',
}
local TIMES = {
  'tat', 'grown_at', 'cut_at', 'hold_until', 'failed_at', 'limited_at', 'open_until', 'closed_at',
  'lease_until',
}

local operation = ARGV[1]
local max, min, floor = math.max, math.min, math.floor

local function text(number)
  return string.format('%.17g', number)
end

local function number(i)
  return tonumber(ARGV[i]) or 0
end

-- ------------------------------------------------------------------------------ what is known

local e = {}
for i, value in ipairs(redis.call('HMGET', KEYS[1], unpack(FIELDS))) do
  e[FIELDS[i]] = FIELDS[i] == 'lease' and (value or '') or tonumber(value or 0)
end
local back = e.seen - now
if back > SLIP then
  for _, name in ipairs(TIMES) do
    if e[name] ~= 0 then e[name] = e[name] - back end
  end
end
e.seen = now

-- A memory that is new, or that another server has loaded from its file, may lack what was granted
-- last; so does one whose clock was set back.
local memory = redis.call('HMGET', KEYS[2], 'since', 'run')
local since = tonumber(memory[1] or 0)
if since == 0 or since > now + SLIP or (ARGV[2] ~= '' and memory[2] ~= ARGV[2]) then
  since = now
  redis.call('HSET', KEYS[2], 'since', text(since), 'run', ARGV[2])
end

-- ------------------------------------------------------------------------------ the rate

local function pace(interval, tolerance)
  if e.rate > 0 then return max(interval, 1 / e.rate), 0 end
  return interval, tolerance
end

local function observed()
  local window, into = floor(now / WINDOW), now % WINDOW
  local count, before = 0, 0
  if window == e.window then
    count, before = e.count, e.before
  elseif window == e.window + 1 then
    before = e.count
  end
  return (before * (1 - into / WINDOW) + count) / WINDOW
end

local function tally()
  local window = floor(now / WINDOW)
  if window ~= e.window then
    e.before = window == e.window + 1 and e.count or 0
    e.window, e.count = window, 0
  end
  e.count = e.count + 1
end

local function cut(of_since, of_epoch)
  if of_since ~= e.since or of_epoch ~= e.epoch then return end
  if e.rate > 0 and now < e.cut_at + CUT then return end
  local limit = e.interval > 0 and 1 / e.interval or 0
  local current = e.rate > 0 and e.rate or limit > 0 and limit or observed()
  e.ceiling = max(current, KEPT * e.ceiling)
  local lowest = max(LOWEST, SHARE * limit)
  e.rate = max(limit > 0 and min(lowest, limit) or lowest, current / 2)
  e.tat = min(e.tat, now + 1 / e.rate)
  e.epoch = e.epoch + 1
  e.cut_at, e.grown_at = now, now
end

local function hold(till)
  if till > e.hold_until then
    e.hold_until = till
    e.tat = max(e.tat, till + (e.rate > 0 and 0 or e.tolerance))
  end
end

local function grow(of_since, of_epoch)
  if e.rate == 0 or of_since ~= e.since or of_epoch ~= e.epoch then return end
  e.rate = e.rate + min(AT_ONCE, GROWTH * max(0, now - e.grown_at)) * e.ceiling
  e.grown_at = now
  if e.rate >= (e.interval > 0 and 1 / e.interval or GONE * e.ceiling) then
    e.rate, e.ceiling = 0, 0
    if e.interval > 0 then
      e.tat = now + e.tolerance + e.interval
      e.epoch = e.epoch + 1
    end
  end
end

-- ------------------------------------------------------------------------------ the circuit

local function turned_away()
  return e.open_until > 0
    and (now < e.open_until or (e.lease ~= '' and now < e.lease_until))
end

local function heed(age)
  if age == '' or e.open_until ~= 0 then return end
  local at = now - tonumber(age)
  if at > e.failed_at then e.failures = 0 end
  if at > e.limited_at then e.limited = 0 end
end

local function limits_all(threshold)
  if e.limited == 0 then e.limited_at = now end
  e.limited = e.limited + 1
  return now - e.limited_at >= LIMITED_SECONDS and e.limited >= LIMITED_TIMES * threshold
end

local function openings()
  if e.open_until == 0 and now - e.closed_at > QUIET then return 1 end
  return e.openings + 1
end

local function open(seconds)
  e.openings = openings()
  e.open_until = now + seconds
  e.generation = e.generation + 1
  e.lease = ''
  return {'opened'}
end

local function close()
  e.open_until, e.failures, e.limited, e.closed_at, e.lease = 0, 0, 0, now, ''
  e.generation = e.generation + 1
  return {'closed'}
end

-- ------------------------------------------------------------------------------ operations

local answer = {''}

if operation == 'admit' then
  local interval, tolerance, fresh = number(3), number(4), number(5)
  local longest, token, lease_seconds = number(6), ARGV[7], number(8)
  local cautious, process, name = ARGV[10], ARGV[11], ARGV[12]
  local held, held_since, held_epoch, held_slot = ARGV[13], number(14), number(15), number(16)
  if process ~= '' then
    redis.call('ZADD', KEYS[3], text(now), process)
    redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. text(now - WORKER_SECONDS))
    redis.call('ZADD', KEYS[4], text(now), name)
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', '(' .. text(now - KEEP))
  end
  if e.since ~= since or cautious ~= '' then
    local step, ahead = pace(interval, tolerance)
    e.tat = max(e.tat, max(now, (cautious ~= '' and now or since) + step) + ahead)
  end
  if e.since ~= since then
    e.since = since
    e.epoch = e.epoch + 1
  end
  e.interval, e.tolerance = interval, tolerance
  heed(ARGV[9])
  if turned_away() and not (held ~= '' and e.lease == held) then
    local rest = e.open_until - now
    answer = {'refused', 'circuit_open', text(rest > 0 and rest or PROBE)}
  else
    local step, ahead = pace(interval, tolerance)
    local kept = held ~= '' and held_since == e.since and held_epoch == e.epoch
      and e.hold_until <= held_slot and now <= held_slot + fresh
    local slot
    if kept then
      slot = held_slot
    elseif step > 0 then
      slot = max(now, e.hold_until, e.tat - ahead)
    else
      slot = max(now, e.hold_until)
    end
    if slot - now > longest then
      answer = {'refused', 'rate', text(slot - now)}
    else
      if step > 0 and not kept then e.tat = max(e.tat, slot) + step end
      if held == '' then tally() else token = held end
      if e.open_until > 0 then
        e.lease, e.lease_until = token, max(now, slot) + lease_seconds
      end
      answer = {
        'admitted', text(max(0, slot - now)), e.open_until > 0 and '1' or '', token, text(slot),
      }
    end
  end

elseif operation == 'succeeded' then
  grow(number(3), number(4))
  if e.open_until == 0 then
    e.failures, e.limited = 0, 0
  elseif number(5) == e.generation then
    answer = close()
  end

elseif operation == 'failed' then
  local of_since, of_epoch, of_generation, token = number(3), number(4), number(5), ARGV[6]
  local class, retry_after = ARGV[7], number(9)
  local threshold, refused, cooldown = number(10), number(11), number(12)
  local longest, shortest, chance = number(13), number(14), number(15)
  heed(ARGV[8])
  if class == 'rate' then cut(of_since, of_epoch) end
  if retry_after > 0 then hold(now + min(retry_after, LONGEST_HOLD)) end
  if of_generation == e.generation and (e.open_until == 0 or token == e.lease) then
    local all = class == 'rate' and limits_all(threshold)
    if class == 'refused' then
      answer = open(refused)
    elseif class == 'down' or all then
      if class == 'down' then
        e.failures = e.failures + 1
        e.failed_at = now
      end
      if all or e.open_until > 0 or e.failures >= threshold then
        local ceiling = cooldown * 2 ^ min(openings() - 1, 30)
        answer = open(max(shortest, chance * min(longest, ceiling)))
      end
    elseif e.open_until > 0 then
      if class == 'rate' or class == 'answered' then answer = close() else e.lease = '' end
    end
  end

elseif operation == 'renew' then
  if e.lease == ARGV[3] then e.lease_until = max(e.lease_until, now + number(4)) end

elseif operation == 'abandoned' then
  if e.lease == ARGV[3] then e.lease = '' end

elseif operation == 'clear' then
  if e.open_until > 0 then answer = close() end
end

-- ------------------------------------------------------------------------------ what is kept

local pairs_, fields = {}, {}
for i, name in ipairs(FIELDS) do
  local value = name == 'lease' and e.lease or text(e[name])
  pairs_[2 * i - 1], pairs_[2 * i], fields[i] = name, value, value
end
redis.call('HSET', KEYS[1], unpack(pairs_))
local latest = max(now, e.tat, e.hold_until, e.open_until)
redis.call('EXPIRE', KEYS[1], math.ceil(latest - now) + KEEP)

local given = {text(now), redis.call('ZCARD', KEYS[3]), #answer}
for _, value in ipairs(answer) do given[#given + 1] = value end
for _, value in ipairs(fields) do given[#given + 1] = value end
return given
