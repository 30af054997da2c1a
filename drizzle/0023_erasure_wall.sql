CALL raise_identity_wall('account_erasures');
