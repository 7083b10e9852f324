/** A tenant: keys, services and all else belong to one. */
export interface AccountRow {
  name: string;
  created_at: number;
  /** Id of the principal that made it. */
  created_by: string;
}

/** An OpenID provider whose tokens an account takes, for those whose claims are as said. */
export interface IssuerRow {
  /** `iss_...` */
  id: string;
  account: string;
  /** As in the claim `iss`. */
  url: string;
  /** One of the claim `aud`. */
  audience: string;
  /** What its tokens may do. */
  role: string;
  /** What a token must say, JSON text: values by the names of claims. */
  claims: string;
  /** 1: the node names it to clients that ask where tokens come from. */
  listed: number;
  created_at: number;
  created_by: string;
}
