-- Replaces entries by tombstones.
-- KEYS: the entries'. ARGV: how long a tombstone lives (ms).
local time = redis.call('TIME')
local stone = string.char(1, 3) .. struct.pack('>I8', time[1] * 1000000 + time[2])
for _, key in ipairs(KEYS) do
	if redis.pcall('SET', key, stone, 'PX', ARGV[1]).err then
		redis.call('DEL', key) -- A full server takes no write but this.
	end
end
return 1
