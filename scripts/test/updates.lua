-- For wrk: updates the status of a random workflow of those named by IDS, a file with one id a line.
wrk.method = "PATCH"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"version": "v1.0.0", "status": "active", "reason": "measured", "updatedBy": "load"}'
local paths = {}
for id in io.lines(os.getenv("IDS")) do paths[#paths + 1] = "/api/v1/workflows/" .. id end
request = function() return wrk.format(nil, paths[math.random(#paths)]) end
done = function(summary) print(summary.errors.status .. " answers were no success") end
