-- Keeps entries, each unless its key was invalidated since its load began. Answers 2 where there is no memory for one, else 1.
-- KEYS: the entries'. ARGV: how long tombstones live (ms); and for each key the entry, when its load began (µs), its
-- time to live (ms).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local grace = tonumber(ARGV[1])
local answer = 1

for i, key in ipairs(KEYS) do
	local entry, began, life = ARGV[3 * i - 1], tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
	local head = redis.pcall('GETRANGE', key, 0, 9)
	local invalidated = 0
	if type(head) == 'string' and #head == 10 and head:byte(1) == 1 then
		invalidated = struct.unpack('>I8', head, 3)
	end
	-- A tombstone of a load's age may be gone already: this command may have waited in a buffer while the server stood still.
	if began > invalidated and began <= now and now - began < grace * 1000 then
		local left = grace - (now - invalidated) / 1000
		if left > 0 then -- The entry takes the tombstone's place, so it knows its time and lives as long.
			entry = entry:sub(1, 2) .. head:sub(3) .. entry:sub(11)
			life = math.max(life, math.ceil(left))
		end
		local kept = redis.pcall('SET', key, entry, 'PX', life)
		if kept.err then
			if not kept.err:find('OOM') then
				return kept
			end
			answer = 2
		end
	end
end
return answer
