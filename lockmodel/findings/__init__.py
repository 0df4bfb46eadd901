"""Stage 6: findings: the records, the schedule token, and the explanation that turns an engine's hit into one."""
