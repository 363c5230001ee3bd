-- Says the time and the floors, below which the load of a good entry did not begin; raises floors; counts this process'
-- invalidations. If fewer are counted than were acknowledged, the server has lost writes: then nothing it holds is good.
-- KEYS: the floors, the count. ARGV: the acknowledged count, 1 to count one more, how long the count lives (ms), the
-- space to say, the spaces to raise ('*' is everything).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local acknowledged, more, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local function raise(space)
	local floor = math.max(now, tonumber(redis.call('HGET', KEYS[1], space) or 0))
	redis.call('HSET', KEYS[1], space, string.format('%.0f', floor))
end

local count = tonumber(redis.call('GET', KEYS[2]) or 0)
local lost = count < acknowledged
if lost or redis.call('EXISTS', KEYS[1]) == 0 then
	raise('*')
end
for i = 5, #ARGV do
	raise(ARGV[i])
end
if lost or more == 1 then
	local counted = math.max(count, acknowledged) + more
	if not redis.pcall('SET', KEYS[2], counted, 'PX', life).err then
		count = counted
	end
elseif redis.call('PTTL', KEYS[2]) < life / 2 then
	redis.call('PEXPIRE', KEYS[2], life)
end
local floors = redis.call('HMGET', KEYS[1], '*', ARGV[4])
return {now, lost and 1 or 0, count, math.max(tonumber(floors[1] or 0), tonumber(floors[2] or 0))}
