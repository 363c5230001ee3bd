-- Keeps positions, each unless a later one is there.
-- KEYS: the positions. ARGV: field and offset of each.
for i = 1, #ARGV, 2 do
	if tonumber(ARGV[i + 1]) > tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or -1) then
		redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
	end
end
return 1
